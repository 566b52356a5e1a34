import { runService } from '@kestrel/runtime';
import { readConfig } from './config.ts';
import { startUplink } from './uplink.ts';

await runService({ name: 'uplink', readConfig, start: startUplink });
