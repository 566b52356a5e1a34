import { variable } from '@kestrel/runtime';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The variables that say how to reach the API server. */
export const kubernetesShape = {
  KUBECONFIG_FILE: variable.file({ description: 'kubeconfig, outside of a cluster' }).optional(),
  KUBERNETES_SERVICE_HOST: variable.text({ description: 'API server, in a cluster; set by the kubelet' }).optional(),
  KUBERNETES_SERVICE_PORT: variable.integer({
    description: 'Port of the API server, in a cluster; set by the kubelet',
    min: 1,
    max: 65_535,
    default: 443,
  }),
  KUBE_TOKEN_FILE: variable.text({ description: "The pod's token, in a cluster", default: `${MOUNT}/token` }),
  KUBE_CA_FILE: variable.text({ description: "The API server's CA, in a cluster", default: `${MOUNT}/ca.crt` }),
};

/** How to reach the API server. */
export type KubernetesConfig =
  | { readonly from: 'kubeconfig'; readonly file: string }
  | {
      readonly from: 'cluster';
      readonly host: string;
      readonly port: number;
      readonly tokenFile: string;
      readonly caFile: string;
    };

/** A given kubeconfig wins over the cluster around. */
export function kubernetesOf(values: {
  KUBECONFIG_FILE: string | undefined;
  KUBERNETES_SERVICE_HOST: string | undefined;
  KUBERNETES_SERVICE_PORT: number;
  KUBE_TOKEN_FILE: string;
  KUBE_CA_FILE: string;
}): KubernetesConfig {
  if (values.KUBECONFIG_FILE !== undefined) return { from: 'kubeconfig', file: values.KUBECONFIG_FILE };
  return {
    from: 'cluster',
    host: values.KUBERNETES_SERVICE_HOST ?? '',
    port: values.KUBERNETES_SERVICE_PORT,
    tokenFile: values.KUBE_TOKEN_FILE,
    caFile: values.KUBE_CA_FILE,
  };
}
