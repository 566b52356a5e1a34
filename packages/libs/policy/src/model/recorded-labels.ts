/** Label under which Cilium keeps a pod's service account in its identity, and so with the traffic that it records. */
export const RECORDED_SERVICE_ACCOUNT = 'io.cilium.k8s.policy.serviceaccount';
