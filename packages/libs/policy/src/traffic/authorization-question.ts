import { RECORDED_SERVICE_ACCOUNT } from '../model/recorded-labels.ts';
import type { AuthorizationRequest } from '../authorization/request.ts';
import type { ObservedConnection } from './observed-connection.ts';

/** Asks an authorization engine about observed connections. */
export type AuthorizationAsk = (connection: ObservedConnection) => AuthorizationRequest | undefined;

/**
 * What to ask an authorization engine about observed connections; undefined where it has no say: not over TCP, or to somebody
 * who is no workload of the cluster. Equal ends of the questions are one object, for the engine to look up once. Records show
 * neither claims of tokens nor the original client's address, and of headers only the host: what hangs on them will be unknown.
 */
export function authorizationQuestions(): AuthorizationAsk {
  const sources = new Map<ObservedConnection['source'], Map<string, AuthorizationRequest['source']>>();
  const destinations = new Map<ObservedConnection['destination'], Map<number, AuthorizationRequest['destination']>>();
  return (connection) => {
    const { source, destination, protocol, port, principal, request, pathTemplate, sourceHidden } = connection;
    const namespace = destination.namespace ?? destination.workload?.namespace ?? destination.pod?.namespace;
    if (protocol !== 'TCP' || namespace === undefined) return undefined;
    return {
      source: kept(sources, source, `${sourceHidden} ${principal ?? '?'}`, () => sourceOf(connection)),
      destination: kept(destinations, destination, port, () => destinationOf(destination, namespace, port)),
      protocol: 'TCP',
      ...(request?.http !== undefined && {
        http: pathTemplate === undefined ? request.http : { ...request.http, pathTemplate },
      }),
      ...(request?.sni !== undefined && { sni: request.sni }),
    };
  };
}

/** What to ask about one connection; see {@link authorizationQuestions}. */
export function authorizationQuestion(connection: ObservedConnection): AuthorizationRequest | undefined {
  return authorizationQuestions()(connection);
}

function kept<End, K, V>(known: Map<End, Map<K, V>>, end: End, key: K, make: () => V): V {
  let ofEnd = known.get(end);
  if (ofEnd === undefined) {
    ofEnd = new Map();
    known.set(end, ofEnd);
  }
  const found = ofEnd.get(key) ?? make();
  ofEnd.set(key, found);
  return found;
}

function sourceOf({ source, sourceHidden, principal }: ObservedConnection): AuthorizationRequest['source'] {
  const { namespace = source.workload?.namespace ?? source.pod?.namespace, pod, labels, ip } = source;
  const serviceAccount = labels?.get(RECORDED_SERVICE_ACCOUNT);
  return {
    ...(namespace !== undefined && { namespace }),
    ...(pod !== undefined && { pod: pod.name }),
    ...(labels !== undefined && { labels }),
    // Behind address translation the address is somebody else's.
    ...(ip !== undefined && !sourceHidden && { ip }),
    ...(serviceAccount !== undefined && { serviceAccount }),
    ...(principal !== undefined && { principal }),
  };
}

function destinationOf(
  { pod, workload, labels, ip }: ObservedConnection['destination'],
  namespace: string,
  port: number,
): AuthorizationRequest['destination'] {
  return {
    namespace,
    port,
    ...(pod !== undefined && { pod: pod.name }),
    ...(workload !== undefined && { workload }),
    ...(labels !== undefined && { labels }),
    ...(ip !== undefined && { ip }),
  };
}

/**
 * Observed connections of which authorization is judged: requests, and plain connections of which no request was seen (those
 * with one are judged by it, with more known).
 */
export function authorizationTraffic(connections: readonly ObservedConnection[]): readonly ObservedConnection[] {
  const asked = new Map<ObservedConnection['source'], Map<ObservedConnection['destination'], Set<number>>>();
  for (const { layer, source, destination, port } of connections) {
    if (layer !== 'l7') continue;
    let ofSource = asked.get(source);
    if (ofSource === undefined) asked.set(source, (ofSource = new Map()));
    const ports = ofSource.get(destination);
    if (ports === undefined) ofSource.set(destination, new Set([port]));
    else ports.add(port);
  }
  return connections.filter(({ layer, source, destination, port, protocol }) => {
    if (protocol !== 'TCP') return false;
    return layer === 'l7' || asked.get(source)?.get(destination)?.has(port) !== true;
  });
}
