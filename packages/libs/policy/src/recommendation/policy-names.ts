import type { ObjectRef } from '../model/object-ref.ts';
import { compareText } from './scope.ts';

/** What all names of recommended policies begin with. */
const prefix = 'kestrel-';

/** Longest name of an object. Source: apimachinery DNS1123SubdomainMaxLength. */
const nameLengthMax = 253;

/** Name of the policy that denies what no other one of the namespace allows. */
const defaultDenyName = `${prefix}default-deny`;

/**
 * Names for the policies of one namespace: `kestrel-` and the workload's name, with the kind behind it where two workloads
 * have the same one. They depend on nothing but the workloads and the names that are `taken` by other policies.
 */
export function policyNames(
  workloads: readonly ObjectRef[],
  taken: ReadonlySet<string>,
): { readonly of: (workload: ObjectRef) => string; readonly defaultDeny: string } {
  const used = new Set(taken);
  const defaultDeny = free(defaultDenyName, used);
  const names = new Map<string, string>();
  const sameName = Map.groupBy(workloads, ({ name }) => name);
  const ordered = workloads.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.kind, b.kind));
  for (const workload of ordered) {
    const alone = sameName.get(workload.name)?.length === 1;
    const name = alone ? workload.name : `${workload.name}-${workload.kind.toLowerCase()}`;
    names.set(key(workload), free(shortened(prefix + name.toLowerCase()), used));
  }
  return { of: (workload) => names.get(key(workload)) ?? free(shortened(prefix + workload.name), used), defaultDeny };
}

function free(name: string, used: Set<string>): string {
  let candidate = name;
  for (let number = 2; used.has(candidate); number += 1) candidate = `${name}-${number}`;
  used.add(candidate);
  return candidate;
}

/** Leaves room for a number; a name that was cut stays different from others by a checksum. */
function shortened(name: string): string {
  const lengthMax = nameLengthMax - '-999'.length;
  if (name.length <= lengthMax) return name;
  const checksum = fnv1a(name).toString(16).padStart(8, '0');
  return `${name.slice(0, lengthMax - checksum.length - 1).replace(/[-.]+$/, '')}-${checksum}`;
}

function key({ kind, name }: ObjectRef): string {
  return `${kind}/${name}`;
}

/** FNV-1a, 32 bits, over UTF-16 code units: tells names apart, protects nothing. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
