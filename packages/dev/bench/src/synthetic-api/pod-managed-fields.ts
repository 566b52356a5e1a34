import { slot, variableName } from './pod-slots.ts';

const owned = {};

/** What the API server notes about who set which field: one entry of the controller, one of the kubelet. */
export function managedFields(variables: number): object[] {
  const entry = { operation: 'Update', apiVersion: 'v1', time: '2026-11-20T08:15:42Z', fieldsType: 'FieldsV1' };
  return [
    { manager: 'kube-controller-manager', ...entry, fieldsV1: controllerFields(variables) },
    { manager: 'kubelet', ...entry, fieldsV1: kubeletFields(), subresource: 'status' },
  ];
}

function controllerFields(variables: number): object {
  return {
    'f:metadata': {
      'f:annotations': all([
        '.',
        'f:kubectl.kubernetes.io/restartedAt',
        'f:prometheus.io/port',
        'f:prometheus.io/scrape',
      ]),
      'f:generateName': owned,
      'f:labels': all(['.', 'f:app', 'f:app.kubernetes.io/name', 'f:app.kubernetes.io/part-of', 'f:pod-template-hash']),
      'f:ownerReferences': { '.': owned, [`k:{"uid":"${slot('replicaSetUid')}"}`]: owned },
    },
    'f:spec': {
      'f:containers': {
        'k:{"name":"server"}': containerFields(8080, variables),
        'k:{"name":"metrics"}': containerFields(9090, 0),
      },
      ...all(['f:dnsPolicy', 'f:enableServiceLinks', 'f:restartPolicy', 'f:schedulerName']),
      'f:securityContext': all(['.', 'f:fsGroup', 'f:runAsNonRoot']),
      ...all(['f:serviceAccount', 'f:serviceAccountName', 'f:terminationGracePeriodSeconds']),
    },
  };
}

function containerFields(port: number, variables: number): object {
  const probe = {
    '.': owned,
    'f:httpGet': all(['.', 'f:path', 'f:port', 'f:scheme']),
    ...all(['f:periodSeconds', 'f:timeoutSeconds']),
  };
  const named = Array.from({ length: variables }, (_, i) => [
    `k:{"name":"${variableName(i)}"}`,
    all(['.', 'f:name', 'f:value']),
  ]);
  return {
    ...all(['.', 'f:args', 'f:image', 'f:imagePullPolicy', 'f:name']),
    'f:env': { '.': owned, ...Object.fromEntries(named) },
    'f:livenessProbe': probe,
    'f:ports': {
      '.': owned,
      [`k:{"containerPort":${port},"protocol":"TCP"}`]: all(['.', 'f:containerPort', 'f:name']),
    },
    'f:readinessProbe': probe,
    'f:resources': {
      '.': owned,
      'f:limits': all(['.', 'f:cpu', 'f:memory']),
      'f:requests': all(['.', 'f:cpu', 'f:memory']),
    },
    'f:volumeMounts': {
      '.': owned,
      'k:{"mountPath":"/etc/config"}': all(['.', 'f:mountPath', 'f:name', 'f:readOnly']),
    },
  };
}

function kubeletFields(): object {
  const condition = all(['.', 'f:lastProbeTime', 'f:lastTransitionTime', 'f:status', 'f:type']);
  return {
    'f:status': {
      'f:conditions': {
        'k:{"type":"ContainersReady"}': condition,
        'k:{"type":"Initialized"}': condition,
        'k:{"type":"Ready"}': condition,
      },
      ...all(['f:containerStatuses', 'f:hostIP', 'f:hostIPs', 'f:phase', 'f:podIP']),
      'f:podIPs': { '.': owned, [`k:{"ip":"${slot('ip')}"}`]: all(['.', 'f:ip']) },
      'f:startTime': owned,
    },
  };
}

function all(fields: readonly string[]): Record<string, object> {
  return Object.fromEntries(fields.map((field) => [field, owned]));
}
