/** Names one object. `namespace` is empty for what is cluster-scoped. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** As people and scripts read it: `shop/cart[Deployment]`, or `default-deny[ClusterNetworkPolicy]` without a namespace. */
export function refText({ kind, namespace, name }: ObjectRef): string {
  return namespace === '' ? `${name}[${kind}]` : `${namespace}/${name}[${kind}]`;
}
