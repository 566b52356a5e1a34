import type { ObjectRef } from './object-ref.ts';

/**
 * Characters of the random parts of generated names, after apimachinery's `rand.SafeEncodeString`; names that people make up
 * for examples have a digit at least, which words have not.
 */
const RANDOM = String.raw`(?:[bcdfghjklmnpqrstvwxz2456789]{5}|(?=[a-z]*\d)[a-z0-9]{5})`;
const HASH = String.raw`(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|(?=[a-z]*\d)[a-z0-9]{8,10})`;

/** How controllers name their pods. */
const FORMS: readonly { readonly kinds: readonly string[]; readonly form: RegExp }[] = [
  { kinds: ['Deployment', 'Rollout'], form: new RegExp(`^(.+)-${HASH}-[a-z0-9]{5}$`) },
  { kinds: ['StatefulSet'], form: /^(.+)-\d{1,5}$/ },
  { kinds: ['CronJob'], form: new RegExp(String.raw`^(.+)-\d{8}-${RANDOM}$`) },
  {
    kinds: ['DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job', 'CloneSet'],
    form: new RegExp(`^(.+)-${RANDOM}$`),
  },
];

/** Workloads that may have made a pod, by its name alone: `cart-7d9f8c6b5-x2x4z` is one of the Deployment `cart`, if there is one. */
export function workloadsByPodName({ namespace, name }: Pick<ObjectRef, 'namespace' | 'name'>): ObjectRef[] {
  return FORMS.flatMap(({ kinds, form }) => {
    const [, of] = form.exec(name) ?? [];
    return of === undefined ? [] : kinds.map((kind) => ({ kind, namespace, name: of }));
  });
}
