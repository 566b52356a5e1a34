import { startTcpProxy, type TcpProxy } from '@kestrel/testkit';
import { serveActor } from '../actor/serve-actor.ts';
import { startSchema } from './contract.ts';

let proxy: TcpProxy | undefined;

serveActor({
  start: async (params) => {
    if (proxy !== undefined) throw new Error('the link is started already');
    const { targetPort, delayMs } = startSchema.parse(params);
    proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: targetPort }, delayMs });
    return { port: proxy.port };
  },
  delivered: () => {
    if (proxy === undefined) throw new Error('the link is not started');
    return { toTarget: proxy.delivered.toTarget };
  },
});
