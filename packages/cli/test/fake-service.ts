import { adminServer, testContext, type AdminServer, type Component, type StatusBoard } from '@kestrel/runtime';
import type { Connection } from '../src/index.ts';

/** A service of which only the admin port is there: the real one of runtime. */
export interface FakeService extends AsyncDisposable {
  readonly component: Component;
  readonly status: StatusBoard;
  readonly entry: Connection['services'][number];
}

export async function fakeService(service: string, component: string): Promise<FakeService> {
  const { health, metrics, status, log } = testContext({}, { service });
  const server: AdminServer = await adminServer({ host: '127.0.0.1', port: 0, health, metrics, status, log });
  return {
    component: health.component(component),
    status,
    entry: { service, instance: `${service}-1`, adminUrl: `http://127.0.0.1:${server.port}` },
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  };
}
