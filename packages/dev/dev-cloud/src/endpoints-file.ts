import { renameSync, writeFileSync } from 'node:fs';
import { pid } from 'node:process';
import type { Foundations } from './foundations.ts';
import type { Onboarded } from './onboarding/onboarding.ts';
import type { CloudCoordinates } from './onboarding/values-file.ts';

/** Where everything is; in `<dataDir>/endpoints.json` while the cloud serves. */
export interface CloudEndpoints {
  /** The process that wrote it: a killed cloud leaves its file. */
  readonly pid: number;
  /** SessionService, mTLS: `localhost:<port>`. */
  readonly session: { readonly address: string };
  /** EnrollmentService, TLS: `localhost:<port>`. */
  readonly enrollment: { readonly address: string };
  readonly issuer: { readonly url: string; readonly audience: string };
  /** The control API, and the file with its bearer token. */
  readonly control: { readonly url: string; readonly tokenFile: string };
  /** Roots of the certificates of session, enrolment and issuer, PEM. */
  readonly caFile: string;
  readonly clusters: readonly { readonly id: string; readonly name: string; readonly valuesFile: string }[];
}

export function describeEndpoints(
  on: Foundations,
  o: {
    readonly coordinates: CloudCoordinates;
    readonly control: { readonly url: string; readonly tokenFile: string };
    readonly clusters: readonly Onboarded[];
  },
): CloudEndpoints {
  const { address, enrollmentAddress, issuer, audience } = o.coordinates;
  return {
    pid,
    session: { address },
    enrollment: { address: enrollmentAddress },
    issuer: { url: issuer, audience },
    control: o.control,
    caFile: on.caFile,
    clusters: o.clusters.map(({ id, name, valuesFile }) => ({ id, name, valuesFile })),
  };
}

/** Whole or not at all: others wait for the file and read it at once. */
export function writeEndpoints(file: string, endpoints: CloudEndpoints): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(endpoints, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
}
