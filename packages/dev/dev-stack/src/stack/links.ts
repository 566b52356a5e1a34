import { startTcpProxy, type TcpProxy } from '@kestrel/testkit';

/** The connections of the system that a test may cut, stall or slow down, each through a proxy of its own. */
export interface Links extends AsyncDisposable {
  /** Ingesters to the API server. */
  readonly kube: TcpProxy;
  /** Ingesters to the bus. */
  readonly ingesterBus: TcpProxy;
  /** Uplinks to the bus. */
  readonly uplinkBus: TcpProxy;
  /** Uplinks to the cloud's session endpoint. */
  readonly cloud: TcpProxy;
}

/** Where each link leads. */
export interface LinkTargets {
  readonly kubePort: number;
  readonly busPort: number;
  readonly cloudPort: number;
}

export async function startLinks(to: LinkTargets): Promise<Links> {
  await using starting = new AsyncDisposableStack();
  const proxy = async (port: number): Promise<TcpProxy> =>
    starting.use(await startTcpProxy({ target: { host: '127.0.0.1', port } }));
  const links = {
    kube: await proxy(to.kubePort),
    ingesterBus: await proxy(to.busPort),
    uplinkBus: await proxy(to.busPort),
    cloud: await proxy(to.cloudPort),
  };
  const owned = starting.move();
  return { ...links, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}
