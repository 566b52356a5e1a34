import { runService } from '@kestrel/runtime';
import { readConfig } from './config.ts';
import { startIngester } from './ingester.ts';

await runService({ name: 'ingester', readConfig, start: startIngester });
