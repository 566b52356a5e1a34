import { createHash } from 'node:crypto';
import { eventHeaders, Publisher, subjects } from '@kestrel/bus';
import type { Bus } from '@kestrel/bus';
import { Receipt_State } from '@kestrel/proto/cloud';
import type { Receipt } from '@kestrel/proto/cloud';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { OperationalError, Semaphore } from '@kestrel/runtime';
import type { Clock, Logger, Metrics } from '@kestrel/runtime';
import { commandBytesMax, verifyCommand } from '@kestrel/trust';
import type { CommandKeys } from '@kestrel/trust';
import type { UplinkEvents } from '../events.ts';
import { refusalCode } from './refusal-code.ts';

/** Commands that are verified or wait for the bus at the same time; more are refused. */
const inHandMax = 64;
const ackTimeoutMs = 5_000;

const classes: ReadonlyMap<string, string> = new Map([
  ['COMMAND_CLASS_READ', 'read'],
  ['COMMAND_CLASS_SHELL', 'shell'],
  ['COMMAND_CLASS_ANALYSE', 'analyse'],
  ['COMMAND_CLASS_CHANGE', 'change'],
  ['COMMAND_CLASS_NODE', 'node'],
]);

export interface CommandIntakeOptions {
  readonly clusterId: string;
  readonly instance: string;
  readonly keys: CommandKeys;
  readonly events: UplinkEvents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A command that was read and trusted. */
interface Trusted {
  readonly id: string;
  readonly class: string;
}

/**
 * Takes signed commands: verifies each, puts it into KESTREL_COMMANDS under its own id, and only then accepts it. What
 * cannot be trusted is refused with its code. While the bus can't take it there is no answer: the cloud sends it again,
 * and the id keeps it single.
 */
export class CommandIntake implements AsyncDisposable {
  readonly #o: CommandIntakeOptions;
  readonly #publisher: Publisher;
  readonly #inHand = new Semaphore({ permits: inHandMax, waitersMax: 0 });
  #accepted = 0;
  #refused = 0;

  constructor(control: Bus, o: CommandIntakeOptions) {
    const { log, metrics } = o;
    this.#o = o;
    this.#publisher = new Publisher(control, {
      stream: 'KESTREL_COMMANDS',
      log,
      metrics,
      inFlightMax: inHandMax,
      ackTimeoutMs,
    });
  }

  get counts(): { readonly accepted: number; readonly refused: number } {
    return { accepted: this.#accepted, refused: this.#refused };
  }

  /** The receipt to send, or undefined when nothing can be said yet. Never throws for what the cloud sent. */
  async take(signed: Uint8Array): Promise<Receipt | undefined> {
    let trusted: Trusted | undefined;
    try {
      using _permit = await this.#inHand.acquire();
      trusted = await this.#verify(signed);
      return await this.#accept(trusted, signed);
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      return this.#refuse(trusted, signed, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
  }

  async #verify(signed: Uint8Array): Promise<Trusted> {
    const { keys, clusterId, clock } = this.#o;
    const { envelope } = await verifyCommand(signed, { keys, clusterId, now: clock.nowMs(), sizeMax: commandBytesMax });
    const name = classes.get(envelope.class);
    if (name !== undefined) return { id: envelope.id, class: name };
    throw new OperationalError('unsupported_class', `class ${envelope.class} is not served here`, { retryable: false });
  }

  async #accept(command: Trusted, signed: Uint8Array): Promise<Receipt> {
    const { instance, clock, events } = this.#o;
    const source = `/uplink/${instance}`;
    const time = new Date(clock.nowMs());
    const headers = eventHeaders({ id: command.id, source, type: EVENT_TYPES.commandReceived, time });
    const { duplicate } = await this.#publisher.publish({
      subject: subjects.command(command.class, command.id),
      headers: { ...headers, 'content-type': 'application/jose' },
      data: signed,
      msgId: command.id,
    });
    this.#accepted += 1;
    events.commandAccepted({ id: command.id, class: command.class, duplicate });
    return receipt(command.id, Receipt_State.ACCEPTED, '', signed);
  }

  #refuse(trusted: Trusted | undefined, signed: Uint8Array, error: OperationalError): Receipt | undefined {
    const id = trusted?.id ?? '';
    const code = refusalCode(error, { isTrusted: trusted !== undefined });
    if (code === undefined) {
      this.#o.events.commandDeferred({ id, code: error.code, detail: error.message });
      return undefined;
    }
    this.#o.events.commandRefused({ id, code, detail: error.message });
    this.#refused += 1;
    return receipt(id, Receipt_State.REFUSED, code, signed);
  }
}

function receipt(commandId: string, state: Receipt_State, reason: string, signed: Uint8Array): Receipt {
  return { commandId, state, reason, commandDigest: createHash('sha256').update(signed).digest('hex') };
}
