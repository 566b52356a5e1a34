import { readFile } from 'node:fs/promises';
import type { ReadableStream } from 'node:stream/web';
import * as z from 'zod';

const lineSchema = z.looseObject({ stream: z.string(), epoch: z.string(), seq: z.number() });
type Line = z.output<typeof lineSchema>;

/** The control API, as another process uses it. */
export class ControlClient {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  static async open({ url, tokenFile }: { url: string; tokenFile: string }): Promise<ControlClient> {
    return new ControlClient(url, await readFile(tokenFile, 'utf8'));
  }

  async get(path: string): Promise<unknown> {
    return await read(await fetch(this.#url + path, { headers: this.#headers }));
  }

  async post(path: string, body: unknown): Promise<unknown> {
    const init = { method: 'POST', headers: this.#headers, body: JSON.stringify(body) };
    return await read(await fetch(this.#url + path, init));
  }

  async lines(path: string): Promise<Line[]> {
    const text = await (await fetch(this.#url + path, { headers: this.#headers })).text();
    return text.split('\n').flatMap((line) => (line === '' ? [] : [lineSchema.parse(JSON.parse(line))]));
  }

  /** Lines as they come, until disposed. */
  async follow(path: string): Promise<AsyncDisposable & { readonly lines: Line[] }> {
    const stop = new AbortController();
    const { body } = await fetch(this.#url + path, { headers: this.#headers, signal: stop.signal });
    if (!body) throw new Error(`${path} has no body`);
    const lines: Line[] = [];
    const reading = collect(body, lines).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    return {
      lines,
      async [Symbol.asyncDispose]() {
        stop.abort();
        await reading;
      },
    };
  }
}

async function collect(body: ReadableStream<Uint8Array>, lines: Line[]): Promise<void> {
  const utf8 = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const whole = (rest + utf8.decode(chunk, { stream: true })).split('\n');
    rest = whole.pop() ?? '';
    lines.push(...whole.map((line) => lineSchema.parse(JSON.parse(line))));
  }
}

async function read(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}
