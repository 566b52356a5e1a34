import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';

/** What the stand-in cloud writes about itself into its data folder. */
export const cloudEndpointsSchema = z.object({
  pid: z.number(),
  session: z.object({ address: z.string() }),
  enrollment: z.object({ address: z.string() }),
  issuer: z.object({ url: z.string(), audience: z.string() }),
  control: z.object({ url: z.string(), tokenFile: z.string() }),
  caFile: z.string(),
  clusters: z.array(z.object({ id: z.string(), name: z.string(), valuesFile: z.string() })),
});

/** Addresses and files of the stand-in cloud. */
export type CloudEndpoints = z.infer<typeof cloudEndpointsSchema>;

const sequence = z.union([z.string(), z.number()]).transform(BigInt);
const inventorySchema = z.array(
  z.object({ subject: z.string(), epoch: z.string(), seq: sequence, type: z.string(), digest: z.string().nullable() }),
);
const cursorsSchema = z.array(z.object({ stream: z.string(), epoch: z.string(), seq: sequence }));
const violationsSchema = z.array(
  z.looseObject({ kind: z.string(), stream: z.string(), epoch: z.string(), seq: sequence, detail: z.string() }),
);
const gapsSchema = z.array(z.looseObject({ stream: z.string(), reason: z.string(), count: sequence }));
const sessionsSchema = z.array(
  z.looseObject({ id: z.string(), instance: z.string(), term: sequence, endReason: z.string().nullable() }),
);
const snapshotsSchema = z.array(
  z.looseObject({ id: z.string(), stream: z.string(), outcome: z.enum(['open', 'complete', 'mismatch', 'abandoned']) }),
);
const rejectedSchema = z.array(z.looseObject({ stream: z.string(), seq: sequence, subject: z.string() }));
const eventSchema = z.looseObject({
  stream: z.string(),
  epoch: z.string(),
  seq: sequence,
  subject: z.string(),
  attributes: z.record(z.string(), z.string()),
});

/** One committed event, as `./dev cloud events` prints it. */
export type CommittedEvent = z.infer<typeof eventSchema>;

/** How long one question may take; events that are followed have no end. */
const requestTimeoutMs = 30_000;

/** Asks the stand-in cloud by its control API. Every answer is checked. */
export class CloudClient {
  readonly #control: CloudEndpoints['control'];

  constructor(control: CloudEndpoints['control']) {
    this.#control = control;
  }

  /** The objects that exist, as the cloud has committed them. */
  async inventory(): Promise<z.infer<typeof inventorySchema>> {
    return inventorySchema.parse(await this.#get('/inventory'));
  }

  async cursors(): Promise<z.infer<typeof cursorsSchema>> {
    return cursorsSchema.parse(await this.#get('/cursors'));
  }

  /** Breaches of the protocol. A correct operator causes none, whatever is killed or cut. */
  async violations(): Promise<z.infer<typeof violationsSchema>> {
    return violationsSchema.parse(await this.#get('/violations'));
  }

  async gaps(): Promise<z.infer<typeof gapsSchema>> {
    return gapsSchema.parse(await this.#get('/gaps'));
  }

  async sessions(): Promise<z.infer<typeof sessionsSchema>> {
    return sessionsSchema.parse(await this.#get('/sessions'));
  }

  async snapshots(): Promise<z.infer<typeof snapshotsSchema>> {
    return snapshotsSchema.parse(await this.#get('/snapshots'));
  }

  async rejected(): Promise<z.infer<typeof rejectedSchema>> {
    return rejectedSchema.parse(await this.#get('/rejected'));
  }

  /** Sets fault switches or does one-time faults; see the dev cloud's README. */
  async faults(request: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#post('/faults', request);
  }

  /** Copies the cloud's store to a file that must not exist. */
  async backup(file: string): Promise<void> {
    await this.#post('/backup', { file });
  }

  /** Puts the copy in place of the store, as an operator of the cloud would after a disaster. */
  async restore(file: string): Promise<void> {
    await this.#post('/restore', { file });
  }

  /** Signs a command and sends it down the stream; what the uplink answered. */
  async command(request: Readonly<Record<string, unknown>>): Promise<unknown> {
    return await this.#post('/commands', request);
  }

  /** The committed events of a stream in the order in which they came; with `follow`, without end. */
  async *events(
    stream: string,
    o: { follow?: boolean; after?: bigint; limit?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<CommittedEvent> {
    for await (const line of this.eventLines(stream, o)) yield eventSchema.parse(JSON.parse(line));
  }

  /** The same as lines of JSON, unread. */
  async *eventLines(
    stream: string,
    o: { follow?: boolean; after?: bigint; limit?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<string> {
    const query = new URLSearchParams({ stream, follow: String(o.follow === true) });
    if (o.after !== undefined) query.set('after', String(o.after));
    if (o.limit !== undefined) query.set('limit', String(o.limit));
    const response = await this.#fetch(
      `/events?${query.toString()}`,
      o.signal === undefined ? {} : { signal: o.signal },
    );
    if (!response.body) return;
    yield* createInterface({ input: Readable.fromWeb(response.body), crlfDelay: Number.POSITIVE_INFINITY });
  }

  async #get(path: string): Promise<unknown> {
    return await (await this.#fetch(path, { signal: AbortSignal.timeout(requestTimeoutMs) })).json();
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const request = { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(requestTimeoutMs) };
    return await (await this.#fetch(path, request)).json();
  }

  async #fetch(path: string, request: RequestInit): Promise<Response> {
    const token = (await readFile(this.#control.tokenFile, 'utf8')).trim(); // another one after each start
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(new URL(path, this.#control.url), { ...request, headers });
    if (!response.ok) throw new Error(`the dev cloud answered ${response.status} to ${path}: ${await response.text()}`);
    return response;
  }
}
