import { serveActor } from '../actor/serve-actor.ts';
import { SyntheticApiServer } from './api-server.ts';
import { startChurn } from './churn.ts';
import { changesSchema, churnSchema, refuseSchema, startSchema } from './contract.ts';
import { SyntheticCluster } from './synthetic-cluster.ts';
import { PodWatches } from './watch.ts';

interface Running {
  readonly cluster: SyntheticCluster;
  readonly watches: PodWatches;
  readonly server: SyntheticApiServer;
}

let running: Running | undefined;
let churn: Disposable | undefined;

function started(): Running {
  if (running === undefined) throw new Error('the synthetic API server is not started');
  return running;
}

function stopChurn(): void {
  churn?.[Symbol.dispose]();
  churn = undefined;
}

serveActor({
  start: async (params) => {
    if (running !== undefined) throw new Error('the synthetic API server is started already');
    const { pods, ...options } = startSchema.parse(params);
    const cluster = new SyntheticCluster(pods);
    const watches = new PodWatches();
    const server = await SyntheticApiServer.start({ cluster, watches, ...options });
    running = { cluster, watches, server };
    return { port: server.port };
  },
  refuse: (params) => {
    started().server.refusesWatchList = refuseSchema.parse(params).watchList;
    return {};
  },
  startChurn: (params) => {
    stopChurn();
    const { cluster, watches } = started();
    churn = startChurn({ cluster, watches, ...churnSchema.parse(params) });
    return {};
  },
  stopChurn: () => {
    stopChurn();
    return { version: started().cluster.version };
  },
  changes: (params) => {
    const changes = started().cluster.changesAfter(changesSchema.parse(params).afterVersion);
    return { versions: changes.map((change) => change.version), atMs: changes.map((change) => change.atMs) };
  },
});
