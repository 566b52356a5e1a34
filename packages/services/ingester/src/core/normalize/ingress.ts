import type { IngressRule } from '@kestrel/proto/events';
import { object, objects, text, texts, uint32 } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Spec } from './spec-normalizer.ts';

export function ingressSpec(source: JsonObject): Spec {
  const spec = object(source['spec']);
  return {
    $case: 'ingress',
    value: {
      class: text(spec['ingressClassName']),
      rules: objects(spec['rules']).flatMap(readRule),
      defaultBackend: backendText(object(spec['defaultBackend'])),
      tlsHosts: [...new Set(objects(spec['tls']).flatMap((entry) => texts(entry['hosts'])))].toSorted(),
    },
  };
}

/** A rule without paths sends its host to the default backend (networking.k8s.io/v1): it is kept, without service. */
function readRule(rule: JsonObject): IngressRule[] {
  const host = text(rule['host']);
  const paths = objects(object(rule['http'])['paths']);
  if (paths.length === 0) return [{ host, path: '', pathType: '', service: '', port: '' }];
  return paths.map((path) => ({
    host,
    path: text(path['path']),
    pathType: text(path['pathType']),
    ...readBackend(object(path['backend'])),
  }));
}

function readBackend(backend: JsonObject): { service: string; port: string } {
  const service = object(backend['service']);
  const port = object(service['port']);
  const number = uint32(port['number']);
  return { service: text(service['name']), port: number > 0 ? String(number) : text(port['name']) };
}

function backendText(backend: JsonObject): string {
  const { service, port } = readBackend(backend);
  return service === '' ? '' : `${service}:${port}`;
}
