import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { reasonOf } from '../failure-line.ts';

/** How long one answer of an admin port may take, and how large it may be. */
const requestTimeoutMs = 3_000;
const answerCharsMax = 4_000_000;

const readinessSchema = z.object({
  ready: z.boolean(),
  components: z.record(
    z.string(),
    z.object({ ready: z.boolean(), reason: z.string().optional(), sinceMs: z.number() }),
  ),
});
const statusSchema = z.record(z.string(), z.unknown());

/** What one instance of a service says of itself, or why it said nothing. */
export type ServiceStatus = {
  readonly service: string;
  readonly instance: string;
  /** What was read, so that a reader knows where each line comes from. */
  readonly from: string;
} & (
  | { readonly reachable: false; readonly error: string }
  | ({
      readonly reachable: true;
      /** Its /statusz. */
      readonly status: z.infer<typeof statusSchema>;
    } & z.infer<typeof readinessSchema>)
);

/** Asks every admin port at once; one that does not answer is a line of the report, not an end of it. */
export async function readServices(services: Connection['services']): Promise<ServiceStatus[]> {
  return await Promise.all(services.map(readService));
}

async function readService(of: Connection['services'][number]): Promise<ServiceStatus> {
  const base = { service: of.service, instance: of.instance, from: of.adminUrl };
  try {
    const [readiness, status] = await Promise.all([get(of.adminUrl, '/readyz'), get(of.adminUrl, '/statusz')]);
    return { ...base, reachable: true, ...readinessSchema.parse(readiness), status: statusSchema.parse(status) };
  } catch (error) {
    return { ...base, reachable: false, error: error instanceof z.ZodError ? foreign(of.adminUrl) : reasonOf(error) };
  }
}

async function get(adminUrl: string, path: string): Promise<unknown> {
  const url = new URL(path, adminUrl);
  const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs), redirect: 'error' });
  const text = await response.text();
  if (text.length > answerCharsMax) throw new Error(`${path} answers more than ${answerCharsMax} characters`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} answers ${response.status} without JSON`, { cause });
  }
}

function foreign(adminUrl: string): string {
  return `${adminUrl} answers, but not as an admin port of this product`;
}
