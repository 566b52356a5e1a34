import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock, Logger } from '@kestrel/runtime';
import { CertificateAuthority, type SignedCertificate } from './enrolment/certificate-authority.ts';
import { EnrolmentAuthority } from './enrolment/enrolment-authority.ts';
import { readJsonFile, writeJsonFile } from './enrolment/json-file.ts';
import { ClusterDirectory } from './onboarding/cluster-directory.ts';
import { CommandSigner } from './onboarding/command-signer.ts';

const port = z.int().min(0).max(65_535);
const portsSchema = z.object({ session: port, enrollment: port, issuer: port, control: port });

/** Ports on 127.0.0.1; 0 for any free one. */
export type CloudPorts = Readonly<z.output<typeof portsSchema>>;

/** The name under which all doors are reached, as their certificates say. */
export const hostname = 'localhost';
const serverLifetimeMs = 365 * 86_400_000;
const anyPorts: CloudPorts = { session: 0, enrollment: 0, issuer: 0, control: 0 };

/** What outlives the process, from the data folder. */
export interface Foundations {
  readonly dataDir: string;
  /** The doors' own certificate, made anew at each start by the kept authority. */
  readonly tls: SignedCertificate & { readonly privateKeyPem: string };
  /** Root that it chains to, PEM, also in `caFile`. */
  readonly caPem: string;
  readonly caFile: string;
  readonly enrolment: EnrolmentAuthority;
  readonly directory: ClusterDirectory;
  readonly signer: CommandSigner;
  readonly ports: CloudPorts;
  /** Keeps the ports that were bound, for the next start. */
  keepPorts(ports: CloudPorts): void;
}

/** Opens the data folder; makes what is not there. Throws when something in it is damaged. */
export async function openFoundations(o: {
  readonly dataDir: string;
  readonly ports?: Partial<CloudPorts>;
  readonly certificateLifetimeMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Foundations> {
  const { dataDir, clock, log } = o;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const servers = await CertificateAuthority.open({
    directory: join(dataDir, 'servers'),
    name: 'Kestrel dev cloud',
    clock,
  });
  const caFile = join(dataDir, 'ca.pem');
  writeFileSync(caFile, servers.certificatePem);
  const portsFile = join(dataDir, 'ports.json');
  return {
    dataDir,
    tls: await servers.issueServer({
      dnsNames: [hostname],
      ipAddresses: ['127.0.0.1'],
      lifetimeMs: serverLifetimeMs,
    }),
    caPem: servers.certificatePem,
    caFile,
    enrolment: await EnrolmentAuthority.open({
      directory: join(dataDir, 'enrolment'),
      clock,
      log,
      ...(o.certificateLifetimeMs === undefined ? {} : { lifetimeMs: o.certificateLifetimeMs }),
    }),
    directory: new ClusterDirectory(dataDir),
    signer: CommandSigner.open(dataDir),
    ports: { ...anyPorts, ...readJsonFile(portsFile, portsSchema), ...o.ports },
    keepPorts: (ports) => writeJsonFile(portsFile, ports),
  };
}
