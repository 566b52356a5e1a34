export type { ClientCredentials } from './oauth/client-auth.ts';
export type { HttpProxy } from './oauth/issuer-fetch.ts';
export { createTokenSource } from './oauth/token-source.ts';
export type { TokenSource, TokenSourceOptions, TokenSourceState } from './oauth/token-source.ts';

export { describeCertificate } from './certificates/certificate.ts';
export type { CertificateDescription, SubjectName } from './certificates/certificate.ts';
export { CertificateKeeper } from './certificates/certificate-keeper.ts';
export type {
  CertificateKeeperOptions,
  ClientTls,
  CertificateKeeperState,
  EnrolmentAnswer,
} from './certificates/certificate-keeper.ts';
export { memoryCertificateStore } from './certificates/certificate-store.ts';
export type { CertificateStore, IdentityCertificate } from './certificates/certificate-store.ts';
export { createCsr } from './certificates/csr.ts';
export { fileCertificateStore } from './certificates/file-certificate-store.ts';
export { generateKeyPair, keyPairFromPem } from './certificates/key-pair.ts';
export type { KeyPair } from './certificates/key-pair.ts';
export { certificateProblem, renewalDueMs } from './certificates/renewal.ts';
export type { CertificateProblem } from './certificates/renewal.ts';

export type { CommandEnvelope } from './commands/command-envelope.ts';
export { commandKeysSchema, importCommandKeys } from './commands/command-keys.ts';
export type { CommandKeys } from './commands/command-keys.ts';
export { signCommand } from './commands/sign-command.ts';
export { commandAlg, commandTyp } from './commands/signed-command.ts';
export type { CommandHeader } from './commands/signed-command.ts';
export { commandBytesMax, commandLifetimeMaxMs, verifyCommand } from './commands/verify-command.ts';
export type { CommandRefusal, CommandRules, VerifiedCommand } from './commands/verify-command.ts';
