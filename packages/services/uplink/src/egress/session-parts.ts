import type { Account, Bus } from '@kestrel/bus';
import type { TlsSource } from '@kestrel/grpc';
import type { Clock, Logger } from '@kestrel/runtime';
import type { CommandIntake } from '../commands/command-intake.ts';
import type { UplinkEvents } from '../events.ts';
import type { Ledger } from './ledger.ts';

/** How to reach the cloud, and as whom. */
export interface CloudAddress {
  /** `host:port` */
  readonly address: string;
  readonly serverName: string | undefined;
  readonly proxyEnv: Readonly<Record<string, string | undefined>>;
  readonly clusterId: string;
  readonly agentVersion: string;
  readonly instance: string;
}

/** What every session of this process is made of. */
export interface SessionParts {
  readonly cloud: CloudAddress;
  readonly tls: TlsSource;
  readonly token: () => Promise<string>;
  readonly buses: Readonly<Record<Account, Bus>>;
  /** Makes the streams of the CONTROL account exist: also a store that was lost while this ran. @throws OperationalError */
  readonly ensureControl: () => Promise<void>;
  readonly intake: CommandIntake;
  readonly ledger: Ledger;
  readonly events: UplinkEvents;
  readonly clock: Clock;
  readonly log: Logger;
}
