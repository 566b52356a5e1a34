export {
  certificateAuthority,
  type Ca,
  type CertificateRequest,
  type IssuedCertificate,
} from './certificate-authority.ts';
export { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
export { CRDS, type CrdName, type CrdSpec } from './crd-table.ts';
export { EngineServer, type ServerProgram } from './engine-server.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { freePort } from './free-port.ts';
export type { HttpsAnswer } from './https-json.ts';
export { KubeClient, KubeStatusError, type KubeList, type KubeManifest, type KubeObject } from './kube-client.ts';
export { startNats, type NatsOptions, type NatsPlace, type NatsServer } from './nats-server.ts';
export { spawnProcess, type Exit, type ManagedProcess, type SpawnOptions } from './spawn-process.ts';
export { tempDir, type TempDir } from './temp-dir.ts';
export { startTcpProxy, type TcpProxy, type TcpProxyOptions, type TcpTarget } from './tcp-proxy.ts';
