import type { MsgHdrs } from '@nats-io/transport-node';

/** What a status message on a pull's inbox says. */
export type PullStatus =
  | { readonly kind: 'heartbeat'; readonly lastConsumerSeq: number | undefined }
  /** The pull is over: expired, empty, or done. */
  | { readonly kind: 'pull_over' }
  /** The next message does not fit into what the pull asked for. */
  | { readonly kind: 'too_large' }
  /** The consumer is gone or will not answer: it has to be made again. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Reads the status line of a pull's inbox (ADR-9, ADR-13). Pure. */
export function readPullStatus(headers: MsgHdrs): PullStatus {
  const { code, description } = headers;
  switch (code) {
    case 100: {
      const last = headers.get('Nats-Last-Consumer');
      return { kind: 'heartbeat', lastConsumerSeq: last === '' ? undefined : Number(last) };
    }
    case 404:
    case 408:
      return { kind: 'pull_over' };
    case 409:
      if (/size exceeds maxbytes/i.test(description)) return { kind: 'too_large' };
      if (/batch completed/i.test(description)) return { kind: 'pull_over' };
      return { kind: 'broken', reason: description };
    default:
      return { kind: 'broken', reason: `${code} ${description}`.trim() };
  }
}
