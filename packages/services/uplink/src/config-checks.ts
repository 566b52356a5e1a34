import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userKeyFromSeed } from '@kestrel/bus';
import { variable } from '@kestrel/runtime';
import type { Secret } from '@kestrel/runtime';
import type { z } from 'zod';

const hostAndPort = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;
const portMax = 65_535;
const caFileBytesMax = 1_048_576;
const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

type Variable<T> = z.ZodType<T, string | undefined>;

/** `host:port`, with a port that exists. */
export function address(description: string): Variable<string> {
  return variable
    .text({ description, pattern: hostAndPort })
    .refine((given) => hasPort(hostAndPort.exec(given)?.[1]), `has no port within 1 and ${portMax}`)
    .meta({ description });
}

/** Servers of the bus: with their scheme, which says whether it is TLS. */
export function busAddresses(description: string): Variable<string[]> {
  return variable
    .csv({ description, pattern: /^(nats|tls):\/\/[^/@\s]+$/ })
    .refine(
      (urls) => urls.every((url) => URL.canParse(url) && new URL(url).port !== '0'),
      'is not an address with a port',
    )
    .meta({ description });
}

/** A file with at least one certificate, and none that can't be read: a wrong file here would trust nobody. */
export function authoritiesFile(description: string): Variable<string> {
  return variable
    .file({ description })
    .superRefine((path, context) => {
      const problem = certificatesProblem(path);
      if (problem !== undefined) context.addIssue(problem);
    })
    .meta({ description });
}

/** The seed of a user of the bus, with a checksum that is right. */
export function userSeedFile(description: string): Variable<Secret> {
  return variable
    .secretFile({ description })
    .refine((seed) => isUserSeed(seed.reveal()), "holds no user's nkey seed (SU…)")
    .meta({ description });
}

function hasPort(text: string | undefined): boolean {
  const port = Number(text);
  return port >= 1 && port <= portMax;
}

function isUserSeed(seed: string): boolean {
  try {
    userKeyFromSeed(seed);
    return true;
  } catch {
    // Whatever is wrong with it, its text must not be in a message.
    return false;
  }
}

function certificatesProblem(path: string): string | undefined {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    return undefined; // A file that can't be read is a problem already.
  }
  if (pem.length > caFileBytesMax) return `is larger than ${caFileBytesMax} bytes`;
  const blocks = pem.match(pemCertificate) ?? [];
  if (blocks.length === 0) return 'holds no certificate in PEM';
  const damaged = blocks.findIndex((block) => !isCertificate(block));
  return damaged < 0 ? undefined : `certificate ${damaged + 1} cannot be read`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
