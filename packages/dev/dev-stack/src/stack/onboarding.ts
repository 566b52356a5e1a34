import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const valuesSchema = z.object({
  global: z.object({
    cluster: z.object({ id: z.string(), name: z.string() }),
    cloud: z.object({
      address: z.string(),
      enrollmentAddress: z.string(),
      caPem: z.string(),
      oauth2: z.object({ issuer: z.string(), clientId: z.string(), clientSecret: z.string(), audience: z.string() }),
      commandKeys: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
    }),
  }),
});

/** An onboarding values file, with its secrets and keys laid out as files, as a chart would mount them. */
export interface Onboarding {
  readonly cluster: { readonly id: string; readonly name: string };
  readonly address: string;
  readonly enrollmentAddress: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  readonly clientSecretFile: string;
  readonly caFile: string;
  readonly commandKeysFile: string;
}

/** Reads the values file that onboarding made and puts what belongs in files into `folder`. */
export async function readOnboarding(valuesFile: string, folder: string): Promise<Onboarding> {
  const { cluster, cloud } = valuesSchema.parse(parse(await readFile(valuesFile, 'utf8'))).global;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, content: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  return {
    cluster,
    address: cloud.address,
    enrollmentAddress: cloud.enrollmentAddress,
    issuer: cloud.oauth2.issuer,
    clientId: cloud.oauth2.clientId,
    audience: cloud.oauth2.audience,
    clientSecretFile: await write('client-secret', cloud.oauth2.clientSecret),
    caFile: await write('cloud-ca.pem', cloud.caPem),
    commandKeysFile: await write('command-keys.json', JSON.stringify(cloud.commandKeys)),
  };
}
