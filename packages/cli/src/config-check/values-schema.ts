import { z } from 'zod';

const filled = z.string().trim().min(1, 'must not be empty');

/** Characters that a cluster id may have: it stands in certificates. */
const clusterId = filled.regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  'must be 1 to 128 letters, digits, dots, underscores or hyphens, and begin with a letter or digit',
);

/** `host:port` without a scheme: the connection is always gRPC over TLS. */
const address = filled.refine(isAddress, 'must be host:port, without a scheme');

const issuer = filled.refine(isHttpsUrl, 'must be an https URL without user, query or fragment');

const oauth2 = z
  .looseObject({
    issuer,
    clientId: filled,
    clientSecret: filled.optional(),
    existingSecret: z.looseObject({ name: filled }).optional(),
    audience: filled.optional(),
  })
  .refine((given) => (given.clientSecret === undefined) !== (given.existingSecret === undefined), {
    error: 'needs either clientSecret or existingSecret.name, not both',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

/**
 * The onboarding values `kestrel-ai-operator-values-<cluster>.yaml`: what the cloud hands out and the
 * chart's parts read (`global`: each of them sees it). Certificates
 * and keys are looked at further by the checks beside this schema. Other values of the chart may stand in the same file.
 */
export const valuesSchema = z.looseObject({
  global: z.looseObject({
    cluster: z.looseObject({ id: clusterId, name: filled }),
    cloud: z.looseObject({
      address,
      enrollmentAddress: address.optional(),
      /** Private certificate authority; without it the system's are trusted. */
      caPem: filled.optional(),
      oauth2,
      commandKeys: z.looseObject({ keys: z.array(z.unknown()) }),
    }),
  }),
});

function isAddress(text: string): boolean {
  const match = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(\d{1,5})$/.exec(text);
  const port = Number(match?.[1]);
  return port >= 1 && port <= 65_535;
}

function isHttpsUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') return false;
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}
