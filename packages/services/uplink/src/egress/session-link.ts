import type { Account, Bus } from '@kestrel/bus';
import type { Encoding } from '@kestrel/proto/cloud';
import type { Clock, Logger } from '@kestrel/runtime';
import type { CreditLedger } from '../core/credit.ts';
import type { FlightWindow } from '../core/flight-window.ts';
import type { UplinkEvents } from '../events.ts';
import type { CloudCall } from './cloud-call.ts';
import type { Ledger } from './ledger.ts';

/** What the streams of a session share. */
export interface SessionLink {
  readonly call: CloudCall;
  readonly buses: Readonly<Record<Account, Bus>>;
  readonly window: FlightWindow;
  readonly credit: CreditLedger;
  readonly encodings: readonly Encoding[];
  /** Largest payload of a batch, in bytes: ours, or the cloud's if that is less. */
  readonly batchBytesMax: number;
  /** Largest frame with a batch, in bytes. */
  readonly frameBytesMax: number;
  readonly ledger: Ledger;
  readonly events: UplinkEvents;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something to send may have come, or room for it. */
  readonly wake: () => void;
}
