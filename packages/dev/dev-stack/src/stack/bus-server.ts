import { ACCOUNTS, natsServerConfig } from '@kestrel/bus';
import { startNats, type NatsServer } from '@kestrel/testkit';
import { z } from 'zod';
import type { BusUsers } from './bus-users.ts';

const configSchema = z.looseObject({
  accounts: z.record(z.string(), z.looseObject({ users: z.array(z.looseObject({ nkey: z.string() })) })),
});

/** A nats-server with the product's accounts and rights, durable as in production. */
export async function startBusServer(o: {
  readonly dataDir: string;
  readonly users: BusUsers;
  /** Public key of a user who may do anything in both accounts: for tests that delete what no service may delete. */
  readonly adminKeys?: Readonly<Record<(typeof ACCOUNTS)[number], string>>;
}): Promise<NatsServer> {
  return await startNats({
    dataDir: o.dataDir,
    config: ({ port, monitorPort }) => {
      const config = natsServerConfig({ users: o.users, port, monitorPort });
      return o.adminKeys ? withAdmins(config, o.adminKeys) : config;
    },
  });
}

function withAdmins(text: string, keys: Readonly<Record<string, string>>): string {
  const config = configSchema.parse(JSON.parse(text));
  for (const [name, account] of Object.entries(config.accounts)) {
    const nkey = keys[name];
    if (nkey !== undefined) account.users.push({ nkey });
  }
  return JSON.stringify(config);
}
