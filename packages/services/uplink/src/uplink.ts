import { ensureBuckets, ensureStreams, leaseKey, LeaseElection } from '@kestrel/bus';
import type { Account, Bus, HeldLease } from '@kestrel/bus';
import type { ServiceContext } from '@kestrel/runtime';
import { importCommandKeys } from '@kestrel/trust';
import type { TokenSource } from '@kestrel/trust';
import { agentVersion } from './agent-version.ts';
import { CommandIntake } from './commands/command-intake.ts';
import type { UplinkConfig } from './config.ts';
import { mirrorCursors } from './egress/cursor-mirror.ts';
import { lead } from './egress/lead.ts';
import { Ledger } from './egress/ledger.ts';
import type { SessionParts } from './egress/session-parts.ts';
import { uplinkEvents } from './events.ts';
import { openClientCertificate } from './identity/certificate.ts';
import type { ClientCertificate } from './identity/certificate.ts';
import { openTokenSource, watchToken } from './identity/token.ts';
import { connect, untilDone } from './ingress/connect.ts';
import { UplinkState } from './uplink-state.ts';

const tickMs = 1_000;
/** The ingester makes those of the DATA account. */
const controlStreams = ['KESTREL_COMMANDS', 'KESTREL_RESULTS', 'KESTREL_AUDIT'] as const;

type Context = ServiceContext<UplinkConfig>;

/** Starts the uplink: identity, both accounts of the bus, the election, and while it holds the lease the session. */
export async function startUplink(ctx: Context): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  const keys = await importCommandKeys(ctx.config.commandKeys);
  const { tokens, certificate } = await openIdentity(ctx, starting);
  const buses = await openBuses(ctx, starting);

  const state = new UplinkState({ health: ctx.health, clock: ctx.clock, election: () => election.state() });
  const events = uplinkEvents(ctx.metrics, ctx.log, state);
  const { clock, log, metrics, instance, boot } = ctx;
  const ledger = starting.use(new Ledger(buses.DATA, { instance, boot, events, clock, log, metrics }));
  const { clusterId } = ctx.config;
  const intake = starting.use(
    new CommandIntake(buses.CONTROL, { clusterId, instance, keys, events, clock, log, metrics }),
  );
  const election = starting.use(
    new LeaseElection(buses.CONTROL, {
      key: leaseKey('uplink', 'session'),
      holder: `${instance}/${boot}`,
      highestTermSeen: () => state.highestTerm,
      clock,
      log,
    }),
  );
  const parts: SessionParts = {
    cloud: cloudAddress(ctx),
    tls: certificate.tls,
    token: () => tokens.token(),
    buses,
    intake,
    ledger,
    events,
    clock,
    log,
  };
  election
    .run(async (lease) => await whileActive(lease, { parts, state, tokens, certificate }))
    .catch((error: unknown) => ctx.fail(error));
  starting.use(mirrorCursors(buses.CONTROL, state, log));
  const ticking = setInterval(() => state.tick(), tickMs);
  starting.defer(() => clearInterval(ticking));
  state.show(ctx.status, () => intake.counts);
  return starting.move();
}

async function openIdentity(
  ctx: Context,
  starting: AsyncDisposableStack,
): Promise<{ tokens: TokenSource; certificate: ClientCertificate }> {
  const tokens = starting.use(await openTokenSource(ctx));
  const stopping = new AbortController();
  const watching = watchToken(tokens, ctx.health.component('oauth2'), stopping.signal);
  watching.catch((error: unknown) => ctx.fail(error));
  starting.defer(() => stopping.abort());
  const component = ctx.health.component('certificate');
  const certificate = starting.use(await openClientCertificate({ ctx, component, token: () => tokens.token() }));
  return { tokens, certificate };
}

async function openBuses(ctx: Context, starting: AsyncDisposableStack): Promise<Record<Account, Bus>> {
  const { dataSeed, controlSeed, replicas } = ctx.config.nats;
  const [dataHealth, controlHealth] = [ctx.health.component('bus data'), ctx.health.component('bus control')];
  const data = starting.use(await connect(ctx, { user: 'uplink-data', seed: dataSeed, component: dataHealth }));
  const control = starting.use(
    await connect(ctx, { user: 'uplink-control', seed: controlSeed, component: controlHealth }),
  );
  dataHealth.ready();
  const { log } = ctx;
  const overrides = Object.fromEntries(controlStreams.map((name) => [name, { replicas }]));
  const ensureControl = async () => {
    await ensureStreams(control, controlStreams, { log, overrides });
    await ensureBuckets(control, ['kestrel_uplink'], { log, overrides: { kestrel_uplink: { replicas } } });
  };
  await untilDone(ensureControl, controlHealth, ctx.signal);
  controlHealth.ready();
  return { DATA: data, CONTROL: control };
}

async function whileActive(
  lease: HeldLease,
  o: { parts: SessionParts; state: UplinkState; tokens: TokenSource; certificate: ClientCertificate },
): Promise<void> {
  const { parts, state, tokens, certificate } = o;
  try {
    await certificate.available(lease.signal);
  } catch (error) {
    if (lease.signal.aborted) return;
    throw error;
  }
  await lead(lease, {
    parts,
    state,
    refuseToken: () => tokens.invalidate(),
    refuseCertificate: (reason) => certificate.refuse(reason),
  });
}

function cloudAddress({ config, instance }: Context): SessionParts['cloud'] {
  return {
    address: config.cloud.address,
    serverName: config.cloud.serverName,
    proxyEnv: { https_proxy: config.proxy.httpsProxy, no_proxy: config.proxy.noProxy },
    clusterId: config.clusterId,
    agentVersion,
    instance,
  };
}
