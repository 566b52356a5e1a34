import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock, type Logger } from '@kestrel/runtime';
import type { Cloud } from './cloud.ts';
import type { Cluster } from './cluster.ts';
import { commandRequestSchema, type CommandRequest, type SentCommand } from './control/command-desk.ts';
import { controlRoutes } from './control/control-routes.ts';
import { startControlServer } from './control/control-server.ts';
import { faultRequestSchema, type FaultRequest } from './control/fault-request.ts';
import { openDoors } from './doors.ts';
import { defaultLimits, type EndpointLimits } from './endpoint/limits.ts';
import { describeEndpoints, writeEndpoints, type CloudEndpoints } from './endpoints-file.ts';
import type { FaultState } from './faults.ts';
import { openFoundations, type CloudPorts } from './foundations.ts';
import { Onboarding, type Onboarded } from './onboarding/onboarding.ts';

/** A dev cloud's settings. */
export interface DevCloudOptions {
  /** Everything that outlives the process: keys, clients, ports, stores. */
  readonly dataDir: string;
  readonly log: Logger;
  /** What is not given is as in the last run on this folder, or else chosen by the system. */
  readonly ports?: Partial<CloudPorts>;
  /** A cluster to be onboarded at once. */
  readonly clusterName?: string;
  /** `sqlite`: every event is kept. `count`: for benches; events are judged by their place and dropped. Default `sqlite`. */
  readonly store?: 'sqlite' | 'count';
  readonly limits?: Partial<EndpointLimits>;
  /** Life of access tokens; default one hour. */
  readonly tokenTtlMs?: number;
  /** Life of client certificates; default 24 hours. */
  readonly certificateLifetimeMs?: number;
  readonly clock?: Clock;
}

/** A running dev cloud. Disposing ends the sessions in order and stops everything. */
export interface DevCloud extends AsyncDisposable {
  readonly endpoints: CloudEndpoints;
  /** The cluster of that name with its values file; made when there is none. */
  onboard(name: string): Onboarded;
  /** A cluster by id or name; the only one, when none is named. Its `reader` is the oracle. */
  cluster(idOrName?: string): Cluster;
  readonly faults: FaultState;
  /** Sets switches and does acts; how many events were forgotten. */
  applyFaults(request: FaultRequest, idOrName?: string): { forgotten: number };
  /** Signs a command, sends it and waits for its receipt. */
  issueCommand(request: CommandRequest, idOrName?: string): Promise<SentCommand>;
}

/**
 * Starts the stand-in for Kestrel Cloud on 127.0.0.1. A second start on the same folder has the same ports, authorities,
 * keys, clients and stores. Throws when a port is taken or the folder is damaged.
 */
export async function startDevCloud(o: DevCloudOptions): Promise<DevCloud> {
  const { dataDir, log, clock = systemClock, limits, store = 'sqlite', ...settings } = o;
  const endpointsFile = join(dataDir, 'endpoints.json');
  rmSync(endpointsFile, { force: true }); // of a cloud that was killed
  await using starting = new AsyncDisposableStack();
  const on = await openFoundations({ ...settings, dataDir, clock, log });
  const allLimits = { ...defaultLimits, ...limits };
  const doors = starting.use(
    await openDoors(on, { ...settings, limits: allLimits, keepEvents: store === 'sqlite', clock, log }),
  );
  const { cloud, coordinates } = doors;
  const onboarding = new Onboarding(on, { cloud, coordinates });
  const endpoints = (): CloudEndpoints =>
    describeEndpoints(on, { coordinates, control: controlAt, clusters: onboarding.list() });
  const onboard = (name: string): Onboarded => {
    const onboarded = onboarding.onboard(name);
    writeEndpoints(endpointsFile, endpoints());
    return onboarded;
  };
  const tokenFile = join(dataDir, 'control-token');
  const routes = controlRoutes(cloud, onboard);
  const control = starting.use(await startControlServer({ port: on.ports.control, tokenFile, routes, log }));
  const controlAt = { url: `http://127.0.0.1:${control.port}`, tokenFile };
  const ports = { ...doors.ports, control: control.port };
  on.keepPorts(ports);
  if (o.clusterName !== undefined) onboarding.onboard(o.clusterName);
  writeEndpoints(endpointsFile, endpoints());
  starting.defer(() => rmSync(endpointsFile, { force: true }));
  log.info({ ports, dataDir }, 'dev cloud serves');
  return facade(cloud, { endpoints, onboard, running: starting.move() });
}

function facade(
  cloud: Cloud,
  o: { endpoints: () => CloudEndpoints; onboard: (name: string) => Onboarded; running: AsyncDisposableStack },
): DevCloud {
  return {
    get endpoints() {
      return o.endpoints();
    },
    onboard: o.onboard,
    cluster: (idOrName) => cloud.cluster(idOrName),
    get faults() {
      return cloud.faults.state;
    },
    applyFaults: (request, idOrName) => cloud.applyFaults(faultRequestSchema.parse(request), idOrName),
    issueCommand: async (request, idOrName) => await cloud.issueCommand(commandRequestSchema.parse(request), idOrName),
    [Symbol.asyncDispose]: async () => await o.running.disposeAsync(),
  };
}
