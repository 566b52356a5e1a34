/** Pods of one ReplicaSet, and ReplicaSets of one namespace. */
const PODS_PER_REPLICA_SET = 20;
const NAMESPACES = 50;
const PODS_PER_NODE = 50;
/** The alphabet of Kubernetes' generated names: no vowels, so no words. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** What tells one synthetic pod from another; all of it follows from the pod's index. */
export interface PodIdentity {
  readonly namespace: string;
  readonly app: string;
  readonly replicaSet: string;
  readonly replicaSetUid: string;
  readonly templateHash: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ip: string;
  readonly hostIp: string;
}

/** The identity of the pod with this index, 0 ≤ index < 2^21. Lengths do not depend on the index, so sizes do not either. */
export function podIdentity(index: number): PodIdentity {
  const set = Math.floor(index / PODS_PER_REPLICA_SET);
  const node = Math.floor(index / PODS_PER_NODE);
  const app = `checkout-${set.toString().padStart(6, '0')}`;
  const templateHash = randomName(set ^ 0x5e7, 9);
  const replicaSet = `${app}-${templateHash}`;
  return {
    namespace: `team-${(set % NAMESPACES).toString().padStart(3, '0')}`,
    app,
    replicaSet,
    replicaSetUid: uuid(set ^ 0x5e7000),
    templateHash,
    name: `${replicaSet}-${randomName(index, 5)}`,
    uid: uuid(index),
    node: `worker-${node.toString().padStart(5, '0')}`,
    ip: `10.${address(index)}`,
    hostIp: `172.${address(node)}`,
  };
}

/** Three octets of three digits. */
function address(index: number): string {
  return [index >> 14, (index >> 7) & 0x7f, index & 0x7f].map((octet) => 100 + octet).join('.');
}

/** An injective name: the index in base 27, its digits shuffled so that neighbours look unlike. */
function randomName(index: number, length: number): string {
  const size = NAME_ALPHABET.length;
  let rest = index;
  let name = '';
  for (let at = 0; at < length; at += 1) {
    name += NAME_ALPHABET[(rest + at * 7) % size] ?? '';
    rest = Math.floor(rest / size);
  }
  return name;
}

/** Version 4 in form, made from the index alone. */
function uuid(index: number): string {
  const mixed = Math.imul(index ^ 0x9e3779b9, 0x85ebca6b);
  return `${hex(index, 8)}-${hex(mixed, 4)}-4${hex(mixed >>> 5, 3)}-a${hex(mixed >>> 9, 3)}-${hex(mixed, 4)}${hex(index, 8)}`;
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(8, '0').slice(-digits);
}
