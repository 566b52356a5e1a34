export { readConfig, shape } from './config.ts';
export type { CertificateConfig, UplinkConfig } from './config.ts';
export { startUplink } from './uplink.ts';
