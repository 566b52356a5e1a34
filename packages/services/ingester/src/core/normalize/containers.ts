import type { Container, ContainerPort } from '@kestrel/proto/events';
import { type JsonObject, objects, text, uint32 } from '../json.ts';

/** Regular containers, then restartable init containers (sidecars, KEP-753). Never env, args, command or mounts. */
export function readContainers(podSpec: JsonObject): Container[] {
  const sidecars = objects(podSpec['initContainers']).filter((container) => container['restartPolicy'] === 'Always');
  return [
    ...objects(podSpec['containers']).map((container) => readContainer(container, false)),
    ...sidecars.map((container) => readContainer(container, true)),
  ];
}

function readContainer(container: JsonObject, sidecar: boolean): Container {
  return {
    name: text(container['name']),
    image: text(container['image']),
    ports: objects(container['ports']).map(readPort),
    sidecar,
  };
}

function readPort(port: JsonObject): ContainerPort {
  return {
    name: text(port['name']),
    port: uint32(port['containerPort']),
    protocol: text(port['protocol']) || 'TCP',
    hostPort: uint32(port['hostPort']),
  };
}
