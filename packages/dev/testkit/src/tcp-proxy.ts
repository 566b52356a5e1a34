import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { freePort } from './free-port.ts';
import { Link, type LinkState } from './link.ts';

/** An address to connect to. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

/** Where the proxy leads and what its link is like. */
export interface TcpProxyOptions {
  readonly target: TcpTarget;
  /** One-way latency in both directions; default 0. It does not limit the throughput. */
  readonly delayMs?: number;
  /** The rate of each direction of each connection; default: unlimited. */
  readonly bytesPerSecond?: number;
  /** Default: a free port. */
  readonly port?: number;
}

/** A TCP proxy on 127.0.0.1 that can be made as bad as a real network. */
export interface TcpProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections of which the client's or the target's side is open, held ones included. */
  readonly connections: number;
  /** Bytes delivered since the start. */
  readonly delivered: { readonly toTarget: number; readonly toClient: number };
  /** Resets every connection, both sides. New ones are accepted. */
  cut(): void;
  /** Cuts, and resets every new connection until {@link resume}. */
  refuse(): void;
  /**
   * Half-open: connections stay open and nothing passes, neither bytes nor ends nor resets. New ones are accepted and
   * kept silent.
   */
  stall(): void;
  /**
   * Half-open for the present connections alone, and for good: they stay open and silent, also after {@link resume}, until
   * they are cut. New ones pass as usual. It is what a peer meets that dials anew while its old connection hangs.
   */
  stallPresent(): void;
  /** Ends a stall (not that of {@link stallPresent}) or a refusal; what was held back passes now. */
  resume(): void;
  setDelay(delayMs: number): void;
  setBandwidth(bytesPerSecond: number | undefined): void;
  /** Where new connections lead; present ones stay. */
  setTarget(target: TcpTarget): void;
}

interface ConnectionState extends LinkState {
  readonly target: TcpTarget;
}

interface ProxyState extends ConnectionState {
  readonly refusing: boolean;
}

/** Starts the proxy; its target need not be up. A connection to a target that refuses is reset. */
export async function startTcpProxy(o: TcpProxyOptions): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  const delivered = { toTarget: 0, toClient: 0 };
  const state: ProxyState = {
    delayMs: o.delayMs ?? 0,
    bytesPerSecond: o.bytesPerSecond,
    stalled: false,
    refusing: false,
    target: o.target,
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    if (state.refusing) {
      client.resetAndDestroy();
      return;
    }
    const connection = new Connection(client, { state, delivered, onClosed: () => connections.delete(connection) });
    connections.add(connection);
  });
  const port = o.port ?? (await freePort());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  const change = (next: Partial<ProxyState>): void => {
    Object.assign(state, next);
    for (const connection of connections) connection.wake();
  };
  const cut = (): void => {
    for (const connection of connections) connection.reset();
  };
  return {
    host: '127.0.0.1',
    port,
    get connections() {
      return connections.size;
    },
    delivered,
    cut,
    refuse: () => {
      change({ refusing: true });
      cut();
    },
    stall: () => change({ stalled: true }),
    stallPresent: () => {
      for (const connection of connections) connection.stallForGood();
    },
    resume: () => change({ stalled: false, refusing: false }),
    setDelay: (delayMs) => change({ delayMs }),
    setBandwidth: (bytesPerSecond) => change({ bytesPerSecond }),
    setTarget: (target) => change({ target }),
    [Symbol.asyncDispose]: async () => {
      server.close();
      change({ refusing: true });
      cut();
      await once(server, 'close');
    },
  };
}

interface ConnectionOptions {
  /** Shared by all connections. */
  readonly state: ConnectionState;
  readonly delivered: { toTarget: number; toClient: number };
  /** Called once neither side is open. */
  readonly onClosed: () => void;
}

/** A client's connection and, once it may be made, the one to the target. It is the state of its own links. */
class Connection implements LinkState {
  readonly #client: Socket;
  readonly #o: ConnectionOptions;
  #target: Socket | undefined;
  #links: readonly Link[] = [];
  #broken = false;
  #stalledForGood = false;

  constructor(client: Socket, o: ConnectionOptions) {
    this.#client = client;
    this.#o = o;
    this.#endTogether(client);
    this.wake();
  }

  get delayMs(): number {
    return this.#o.state.delayMs;
  }

  get bytesPerSecond(): number | undefined {
    return this.#o.state.bytesPerSecond;
  }

  get stalled(): boolean {
    return this.#stalledForGood || this.#o.state.stalled;
  }

  stallForGood(): void {
    this.#stalledForGood = true;
    this.wake();
  }

  /** Acts on a changed state. */
  wake(): void {
    if (!this.stalled) {
      if (this.#broken) this.reset();
      else if (this.#target === undefined) this.#connect();
    }
    for (const link of this.#links) link.wake();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#target?.resetAndDestroy();
  }

  #connect(): void {
    const target = connect({ ...this.#o.state.target, allowHalfOpen: true, noDelay: true });
    this.#target = target;
    this.#endTogether(target);
    const { delivered } = this.#o;
    this.#links = [
      new Link(this.#client, target, this, (bytes) => (delivered.toTarget += bytes)),
      new Link(target, this.#client, this, (bytes) => (delivered.toClient += bytes)),
    ];
  }

  /** A reset of either side reaches the other, but not through a stalled link. */
  #endTogether(socket: Socket): void {
    socket.on('error', () => {
      this.#broken = true;
      if (!this.stalled) this.reset();
    });
    socket.on('close', () => {
      if (this.#client.closed && this.#target?.closed !== false) this.#o.onClosed();
    });
  }
}
