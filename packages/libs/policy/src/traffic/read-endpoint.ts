import type { Endpoint } from '@kestrel/proto/events';
import type { EndpointQuery } from '../network/peer.ts';
import { PEER_CLASS_NAMES } from './contract-names.ts';
import type { PeerClassName } from './contract-names.ts';

/** An endpoint of a record, ready to ask engines about. */
export interface ReadEndpoint {
  readonly query: EndpointQuery;
  readonly peerClass: PeerClassName;
  /** The same for all endpoints that rules can't tell apart by what is recorded. */
  readonly key: string;
}

const ENTITIES: Readonly<Partial<Record<PeerClassName, EndpointQuery['entity']>>> = {
  host: 'host',
  remote_node: 'remote-node',
  kube_apiserver: 'kube-apiserver',
  world: 'world',
  ingress: 'ingress',
  unmanaged: 'unmanaged',
};

/** Reads endpoints, and gives the same object for equal ones. */
export class EndpointReader {
  readonly #known = new Map<string, ReadEndpoint>();

  /** An endpoint that the record leaves out is one of which nothing is known. */
  read(endpoint: Endpoint | undefined): ReadEndpoint {
    const key = endpoint === undefined ? '' : keyOf(endpoint);
    let read = this.#known.get(key);
    if (read === undefined) {
      const peerClass = endpoint === undefined ? 'unspecified' : classOf(endpoint);
      read = { query: endpoint === undefined ? {} : queryOf(endpoint, peerClass), peerClass, key };
      this.#known.set(key, read);
    }
    return read;
  }
}

function classOf({ peerClass }: Endpoint): PeerClassName {
  // A number from a newer contract is a class that is not known here.
  return PEER_CLASS_NAMES[peerClass] ?? 'unspecified';
}

/**
 * The address of a pod with a workload is left out: it is just one of many that were seen, and may belong to another pod by
 * now. Everything that policies look at is in its workload and labels.
 */
function queryOf(endpoint: Endpoint, peerClass: PeerClassName): EndpointQuery {
  const { workload, ip, dnsNames } = endpoint;
  const labels = new Map(Object.entries(endpoint.labels));
  const entity = ENTITIES[peerClass];
  if (workload !== undefined && workload.name !== '') {
    const { kind, namespace, name } = workload;
    return {
      workload: { kind, namespace, name },
      namespace,
      ...(labels.size > 0 && { labels }),
      ...(entity !== undefined && { entity }),
    };
  }
  return {
    ...(labels.size > 0 && { labels }),
    ...(ip !== '' && { ip }),
    // No names in the record means that no answer was seen, not that there is none.
    ...(dnsNames.length > 0 && { dnsNames }),
    ...(entity !== undefined && { entity }),
  };
}

function keyOf({ peerClass, workload, labels, ip, dnsNames }: Endpoint): string {
  const pod = workload !== undefined && workload.name !== '';
  const who = pod ? `${workload.kind}/${workload.namespace}/${workload.name}` : `@${ip} ${dnsNames.join(' ')}`;
  return `${peerClass}|${who}|${labelsKey(labels)}`;
}

function labelsKey(labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels);
  let sorted = true;
  for (let at = 1; at < keys.length && sorted; at += 1) sorted = (keys[at - 1] ?? '') <= (keys[at] ?? '');
  if (!sorted) keys.sort();
  let text = '';
  for (const key of keys) text += `${key}=${labels[key] ?? ''},`;
  return text;
}
