import { ensureBuckets, ensureStreams, leaseKey, LeaseElection } from '@kestrel/bus';
import type { Account, Bus } from '@kestrel/bus';
import { routeGrpcLog } from '@kestrel/grpc';
import type { ServiceContext } from '@kestrel/runtime';
import { importCommandKeys } from '@kestrel/trust';
import type { TokenSource } from '@kestrel/trust';
import { agentVersion } from './agent-version.ts';
import { CommandIntake } from './commands/command-intake.ts';
import type { UplinkConfig } from './config.ts';
import { mirrorCursors } from './egress/cursor-mirror.ts';
import { Lead } from './egress/lead.ts';
import { Ledger } from './egress/ledger.ts';
import { Session } from './egress/session.ts';
import type { SessionParts } from './egress/session-parts.ts';
import { uplinkEvents } from './events.ts';
import { openClientCertificate } from './identity/certificate.ts';
import type { ClientCertificate } from './identity/certificate.ts';
import { openTokenSource, untilToken, watchToken } from './identity/token.ts';
import { connect, untilDone } from './ingress/connect.ts';
import { watchBus } from './ingress/watch-bus.ts';
import { proxyUrl } from './proxy-url.ts';
import { UplinkState } from './uplink-state.ts';

const tickMs = 1_000;
/** The ingester makes those of the DATA account. */
const controlStreams = ['KESTREL_COMMANDS', 'KESTREL_RESULTS', 'KESTREL_AUDIT'] as const;

interface Identity {
  readonly tokens: TokenSource;
  readonly certificate: ClientCertificate;
}

interface Buses {
  readonly buses: Readonly<Record<Account, Bus>>;
  /** Makes what this service provisions in CONTROL exist. @throws OperationalError */
  readonly ensureControl: () => Promise<void>;
}

type Context = ServiceContext<UplinkConfig>;

/** Starts the uplink: identity, both accounts of the bus, the election, and while it holds the lease the session. */
export async function startUplink(ctx: Context): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  routeGrpcLog(ctx.log);
  const keys = await importCommandKeys(ctx.config.commandKeys);
  const identity = await openIdentity(ctx, starting);
  const { tokens, certificate } = identity;
  const { buses, ensureControl } = await openBuses(ctx, starting);

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
    ensureControl,
    intake,
    ledger,
    events,
    clock,
    log,
  };
  const lead = new Lead<Session>({
    hold: (o) => Session.hold(parts, o),
    onOpen: (session, term) => {
      state.sessionOpened(session, term);
      certificate.accepted();
    },
    onOver: (problem, highestTerm) => state.sessionOver(problem, highestTerm),
    refuseToken: () => tokens.invalidate(),
    refuseCertificate: (reason) => certificate.refuse(reason),
    events,
    clock,
  });
  const stopping = new AbortController();
  const running = haveIdentity(identity, state, stopping.signal).then(async (isReady) => {
    if (isReady) await election.run((lease) => lead.whileHeld(lease));
  });
  running.catch((error: unknown) => ctx.fail(error));
  starting.defer(() => stopping.abort());
  starting.use(mirrorCursors(buses.CONTROL, state, log));
  const ticking = setInterval(() => state.tick(), tickMs);
  starting.defer(() => clearInterval(ticking));
  state.show(ctx.status, () => intake.counts);
  return starting.move();
}

async function openIdentity(ctx: Context, starting: AsyncDisposableStack): Promise<Identity> {
  const tokens = starting.use(await openTokenSource(ctx));
  const stopping = new AbortController();
  const watching = watchToken(tokens, ctx.health.component('oauth2'), stopping.signal);
  watching.catch((error: unknown) => ctx.fail(error));
  starting.defer(() => stopping.abort());
  const component = ctx.health.component('certificate');
  const certificate = starting.use(await openClientCertificate({ ctx, component, token: () => tokens.token() }));
  return { tokens, certificate };
}

async function openBuses(ctx: Context, starting: AsyncDisposableStack): Promise<Buses> {
  const { dataSeed, controlSeed, replicas } = ctx.config.nats;
  const [dataHealth, controlHealth] = [ctx.health.component('bus data'), ctx.health.component('bus control')];
  const data = starting.use(await connect(ctx, { user: 'uplink-data', seed: dataSeed, component: dataHealth }));
  const control = starting.use(
    await connect(ctx, { user: 'uplink-control', seed: controlSeed, component: controlHealth }),
  );
  const { log } = ctx;
  const overrides = Object.fromEntries(controlStreams.map((name) => [name, { replicas }]));
  const ensureControl = async () => {
    await ensureStreams(control, controlStreams, { log, overrides });
    await ensureBuckets(control, ['kestrel_uplink'], { log, overrides: { kestrel_uplink: { replicas } } });
  };
  await untilDone(ensureControl, controlHealth, ctx.signal);
  const stopping = new AbortController();
  const { signal } = stopping;
  const watching = Promise.all([
    watchBus(data, dataHealth, { stream: 'KESTREL_RESOURCES', isRequired: false, signal }),
    watchBus(control, controlHealth, { stream: 'KESTREL_COMMANDS', isRequired: true, signal }),
  ]);
  watching.catch((error: unknown) => ctx.fail(error));
  starting.defer(() => stopping.abort());
  return { buses: { DATA: data, CONTROL: control }, ensureControl };
}

/**
 * Waits for a certificate and a token: a process without them must not hold the lease while another could work. False
 * when the process ends before.
 */
async function haveIdentity(
  { tokens, certificate }: Identity,
  state: UplinkState,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    state.waitsFor('it has no client certificate');
    await certificate.available(signal);
    state.waitsFor('it has no access token');
    await untilToken(tokens, signal);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
  return true;
}

function cloudAddress({ config, instance }: Context): SessionParts['cloud'] {
  return {
    address: config.cloud.address,
    serverName: config.cloud.serverName,
    proxyEnv: { https_proxy: proxyUrl(config.proxy), no_proxy: config.proxy.noProxy },
    clusterId: config.clusterId,
    agentVersion,
    instance,
  };
}
