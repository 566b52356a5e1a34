// A service for the tests of runService: prints what happens to it, and fails on demand.
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { OperationalError, readEnv, runService, variable } from '../src/index.ts';

const shape = {
  PROBE_SCENARIO: variable.choice({
    description: 'What goes wrong',
    of: ['none', 'slow-stop', 'stop-fails', 'start-fails', 'held-stop', 'start-waits', 'fail', 'crash', 'rejection'],
    default: 'none',
  }),
  PROBE_TOKEN_FILE: variable.secretFile({ description: 'A secret' }).optional(),
  PROBE_SIZE: variable.integer({ description: 'A number', min: 1, max: 10, default: 1 }),
};

await runService({
  name: 'probe',
  readConfig: (env) => readEnv(env, shape),
  start: async ({ config, log, health, fail, signal }) => {
    const scenario = config.PROBE_SCENARIO;
    if (scenario === 'start-fails')
      throw new OperationalError('bus_unreachable', 'no bus', { cause: new Error('dial') });
    if (scenario === 'start-waits') {
      log.info('waits for ever');
      await once(signal, 'abort');
      signal.throwIfAborted();
    }
    if (scenario === 'fail') setImmediate(() => fail(new OperationalError('stream_missing', 'stream is gone')));
    if (scenario === 'crash') setImmediate(() => JSON.parse('{'));
    if (scenario === 'rejection') void Promise.reject(new TypeError('forgotten', { cause: new Error('the root') }));
    health.component('bus').ready();
    return {
      async [Symbol.asyncDispose]() {
        log.info({ ready: health.readiness().ready }, 'dispose begins');
        if (scenario === 'stop-fails') throw new Error('flush failed');
        if (scenario === 'slow-stop') await wait(60_000);
        if (scenario === 'held-stop') await once(process.stdin.resume(), 'end');
        log.info('dispose ends');
      },
    };
  },
});
