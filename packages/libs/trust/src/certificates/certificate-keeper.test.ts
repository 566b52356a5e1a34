import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, createMetrics, OperationalError, testContext } from '@kestrel/runtime';
import { certificateAuthority, eventually } from '@kestrel/testkit';
import type { Ca } from '@kestrel/testkit';
import { manualClock } from '../../test/manual-clock.ts';
import type { ManualClock } from '../../test/manual-clock.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { CertificateKeeperOptions } from './certificate-keeper.ts';
import { describeCertificate } from './certificate.ts';
import { memoryCertificateStore } from './certificate-store.ts';
import type { CertificateStore } from './certificate-store.ts';
import { createCsr } from './csr.ts';
import { generateKeyPair } from './key-pair.ts';

const lifeMs = 86_400_000;
let authority: Ca;
let clock: ManualClock;
let stop: AbortController;
let running: Promise<void>[];
let enrolments: string[];
/** Rounds of all keepers of a test: each begins with a look at the store. */
let rounds: number;

beforeAll(async () => {
  authority = await certificateAuthority();
});

beforeEach(() => {
  clock = manualClock();
  stop = new AbortController();
  running = [];
  enrolments = [];
  rounds = 0;
});

afterEach(async () => {
  stop.abort();
  await Promise.all(running);
});

async function enrol(csrPem: string): Promise<{ certificatePem: string; caPem: string }> {
  enrolments.push(csrPem);
  const notBeforeMs = clock.nowMs() - 1_000;
  return {
    certificatePem: await signCsr(csrPem, { notBeforeMs, notAfterMs: notBeforeMs + lifeMs }),
    caPem: '',
  };
}

function keeper(over: Partial<CertificateKeeperOptions> = {}): CertificateKeeper {
  const { log } = testContext({});
  const { store = memoryCertificateStore(), ...rest } = over;
  return new CertificateKeeper({
    store: {
      save: (identity) => store.save(identity),
      load: async (signal) => {
        rounds += 1;
        return await store.load(signal);
      },
    },
    enrol,
    commonName: 'cluster-1',
    sanUri: 'spiffe://kestrel-cloud/cluster/cluster-1',
    clock,
    log,
    random: () => 0.01,
    checkIntervalMs: 5,
    ...rest,
  });
}

function run(one: CertificateKeeper): CertificateKeeper {
  running.push(one.run(stop.signal));
  return one;
}

async function started(over: Partial<CertificateKeeperOptions> = {}): Promise<CertificateKeeper> {
  const one = run(keeper(over));
  await one.available(stop.signal);
  return one;
}

/** What it dials with, as text. */
function tls(one: CertificateKeeper): { ca?: string; cert?: string; key?: string } {
  return Object.fromEntries(Object.entries(one.current()).map(([name, pem]) => [name, String(pem)]));
}

function serialOf(one: CertificateKeeper): string {
  return describeCertificate(tls(one).cert ?? '').serial;
}

async function signCsr(csrPem: string, o: { notBeforeMs: number; notAfterMs: number }): Promise<string> {
  const dates = { notBefore: new Date(o.notBeforeMs), notAfter: new Date(o.notAfterMs) };
  return (await authority.issueFromCsr(csrPem, dates)).certPem;
}

describe('a keeper without a certificate', () => {
  it('has only the roots that it was given', () => {
    expect(tls(keeper())).toEqual({});
    expect(tls(keeper({ caPem: 'given' }))).toEqual({ ca: 'given' });
    expect(keeper().state()).toEqual({ status: 'absent' });
  });

  it('enrols one, with a key that it made, and stores both', async () => {
    const store = memoryCertificateStore();
    const one = await started({ store });
    const { cert = '', key = '' } = tls(one);
    expect(describeCertificate(cert).publicKeyMatches(key)).toBe(true);
    expect(enrolments).toHaveLength(1);
    expect(enrolments[0]).not.toContain('PRIVATE');
    await eventually(async () => (await store.load())?.privateKeyPem === key);
    expect(one.state()).toMatchObject({ status: 'valid', serial: serialOf(one) });
  });

  it('repeats until the authority answers, and says why it waits', async () => {
    let away = true;
    const one = run(
      keeper({
        enrol: async (csrPem) => {
          if (away) throw new OperationalError('unavailable', 'the authority is away');
          return await enrol(csrPem);
        },
      }),
    );
    await eventually(() => one.state().lastError === 'the authority is away');
    away = false;
    await one.available(stop.signal);
    await eventually(() => one.state().lastError === undefined);
    expect(one.state().status).toBe('valid');
  });

  it('warns once of a failure that stays the same, and of each other one', async () => {
    const lines: string[] = [];
    const log = createLogger({
      service: 'test',
      level: 'warn',
      destination: { write: (line) => void lines.push(line) },
    });
    let message = 'the authority is away';
    let calls = 0;
    const one = run(
      keeper({
        log,
        random: () => 0,
        enrol: async () => {
          calls += 1;
          throw new OperationalError('unavailable', message);
        },
      }),
    );
    await eventually(() => calls >= 3);
    message = 'the token is refused';
    await eventually(() => one.state().lastError === message);
    const warnings = lines.filter((line) => line.includes("can't keep the client certificate"));
    expect(warnings).toHaveLength(2);
  });

  it('ends with what is a mistake of the program', async () => {
    const mistake = keeper({
      enrol: async () => {
        throw new TypeError('x is not a function');
      },
    });
    await expect(mistake.run(stop.signal)).rejects.toThrow('x is not a function');
  });

  it('ends its wait with the reason of the signal', async () => {
    await expect(keeper().available(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const waiting = new AbortController();
    const available = keeper().available(waiting.signal);
    waiting.abort(new Error('enough'));
    await expect(available).rejects.toThrow('enough');
  });

  it('does not take a certificate that is not of its key, or already over', async () => {
    const other = await enrol(await csrOf());
    for (const answer of [
      other,
      { certificatePem: 'garbage', caPem: '' },
      { certificatePem: await signCsr(await csrOf(), { notBeforeMs: 0, notAfterMs: 1_000 }), caPem: '' },
    ]) {
      const one = run(keeper({ enrol: async () => answer }));
      await eventually(() => /can't be used/.test(one.state().lastError ?? ''));
      expect(tls(one)).toEqual({});
    }
  });
});

async function csrOf(): Promise<string> {
  return await createCsr({ key: await generateKeyPair(), commonName: 'other' });
}

describe('a keeper that starts with a stored certificate', () => {
  it('uses it without asking the authority', async () => {
    const store = memoryCertificateStore();
    const first = await started({ store });
    await eventually(async () => (await store.load()) !== undefined);
    const second = await started({ store });
    expect(tls(second)).toEqual(tls(first));
    expect(enrolments).toHaveLength(1);
  });

  it.each(['expired', 'key_mismatch', 'unreadable'])('enrols a new one when that is %s', async (problem) => {
    const made = await started();
    const { cert = '', key = '' } = tls(made);
    const stored = {
      certificatePem: problem === 'unreadable' ? cert.slice(0, 100) : cert,
      privateKeyPem: problem === 'key_mismatch' ? (await generateKeyPair()).privateKeyPem : key,
      caPem: '',
    };
    if (problem === 'expired') clock.advance(lifeMs);
    const metrics = createMetrics({ service: 'test' });
    const one = await started({ store: memoryCertificateStore(stored), metrics });
    expect(tls(one).cert).not.toBe(cert);
    await eventually(async () => (await metrics.metrics()).includes(`reason="${problem}",outcome="ok"`));
  });

  it('waits for a store that cannot be read, instead of enrolling beside it', async () => {
    const store = memoryCertificateStore();
    let broken = true;
    const one = run(
      keeper({
        store: {
          ...store,
          load: async () => {
            if (broken) throw new Error('the API server is away');
            return await store.load();
          },
        },
      }),
    );
    await eventually(() => /store of the client certificate/.test(one.state().lastError ?? ''));
    expect(enrolments).toHaveLength(0);
    broken = false;
    await one.available(stop.signal);
  });
});

describe('a keeper whose certificate is in use', () => {
  it('renews at half of its life and keeps the old one until the new one is in hand', async () => {
    const gate = Promise.withResolvers<void>();
    const swaps: string[] = [];
    const one = await started({
      enrol: async (csrPem) => {
        const answer = await enrol(csrPem);
        if (enrolments.length > 1) await gate.promise;
        return answer;
      },
    });
    one.onChange(() => swaps.push(serialOf(one)));
    const first = serialOf(one);
    clock.advance(lifeMs * 0.44);
    await quietRounds();
    expect(enrolments).toHaveLength(1);

    clock.advance(lifeMs * 0.02);
    await eventually(() => enrolments.length === 2);
    expect(serialOf(one)).toBe(first);
    gate.resolve();
    await eventually(() => swaps.length === 1);
    expect(serialOf(one)).not.toBe(first);
    expect(swaps).toEqual([serialOf(one)]);
  });

  it('counts the half from the arrival when the authority dates back by more than that', async () => {
    const backdateMs = lifeMs * 10;
    const one = await started({
      enrol: async (csrPem) => {
        enrolments.push(csrPem);
        const life = { notBeforeMs: clock.nowMs() - backdateMs, notAfterMs: clock.nowMs() + lifeMs };
        return { certificatePem: await signCsr(csrPem, life), caPem: '' };
      },
    });
    await quietRounds();
    expect(enrolments).toHaveLength(1);
    clock.advance(lifeMs / 2);
    await eventually(() => enrolments.length === 2);
    expect(one.state().status).toBe('valid');
  });

  it('makes a new key for each certificate', async () => {
    const one = await started();
    const { key } = tls(one);
    const first = serialOf(one);
    clock.advance(lifeMs / 2);
    await eventually(() => serialOf(one) !== first);
    expect(tls(one).key).not.toBe(key);
  });

  it('goes on with it while renewing fails, and says so', async () => {
    let fail = false;
    const one = await started({
      enrol: async (csrPem) => {
        if (fail) throw new OperationalError('unavailable', 'the authority is away');
        return await enrol(csrPem);
      },
    });
    const first = tls(one);
    fail = true;
    clock.advance(lifeMs / 2);
    await eventually(() => one.state().lastError === 'the authority is away');
    expect(one.state().status).toBe('valid');
    expect(tls(one)).toEqual(first);
    clock.advance(lifeMs / 2);
    expect(one.state().status).toBe('expired');
    fail = false;
    await eventually(() => one.state().status === 'valid');
  });

  it('renews also while the store is away, and stores the new one later', async () => {
    const memory = memoryCertificateStore();
    let broken = false;
    const guard = async <T>(work: () => Promise<T>): Promise<T> => {
      if (broken) throw new Error('the API server is away');
      return await work();
    };
    const store: CertificateStore = {
      load: () => guard(() => memory.load()),
      save: (identity) => guard(() => memory.save(identity)),
    };
    const one = await started({ store });
    const first = serialOf(one);
    broken = true;
    clock.advance(lifeMs / 2);
    await eventually(() => serialOf(one) !== first);
    expect(one.state().status).toBe('valid');
    broken = false;
    await eventually(async () => (await memory.load())?.certificatePem === tls(one).cert);
    expect(enrolments).toHaveLength(2);
  });

  it('puts it back when the store lost it', async () => {
    let kept: Awaited<ReturnType<CertificateStore['load']>>;
    const store: CertificateStore = {
      load: async () => kept,
      save: async (identity) => {
        kept = identity;
      },
    };
    const one = await started({ store });
    await eventually(() => kept !== undefined);
    kept = undefined;
    await eventually(() => kept?.certificatePem === tls(one).cert);
    expect(enrolments).toHaveLength(1);
  });

  it('takes over what another process renewed in the same store', async () => {
    const store = memoryCertificateStore();
    const one = await started({ store });
    await eventually(async () => (await store.load()) !== undefined);
    clock.advance(lifeMs / 4);
    const other = await started();
    const { cert = '', key = '' } = tls(other);
    await store.save({ certificatePem: cert, privateKeyPem: key, caPem: '' });
    await eventually(() => tls(one).cert === cert);
    expect(enrolments).toHaveLength(2);
  });

  it('asks for another when the server refuses it, once', async () => {
    const one = await started();
    const first = serialOf(one);
    one.reject('revoked');
    expect(one.state().status).toBe('rejected');
    one.reject('a late answer about an older certificate', 'abcd');
    expect(one.state().status).toBe('rejected');
    one.reject('revoked', first);
    await eventually(() => serialOf(one) !== first);
    one.reject('revoked', first);
    await quietRounds();
    expect(enrolments).toHaveLength(2);
    expect(one.state().status).toBe('valid');
  });

  it('does not call who no longer listens', async () => {
    const one = await started();
    const swaps: number[] = [];
    one.onChange(() => swaps.push(1))();
    clock.advance(lifeMs / 2);
    await eventually(() => enrolments.length === 2);
    await quietRounds();
    expect(swaps).toEqual([]);
  });

  it('trusts the roots that its owner configured, whatever the authority names', async () => {
    const one = await started({ caPem: 'given', enrol: async (csr) => ({ ...(await enrol(csr)), caPem: 'named' }) });
    expect(tls(one).ca).toBe('given');
  });

  it('uses the roots that the authority names from then on, when its owner configured none', async () => {
    const one = await started({
      enrol: async (csrPem) => ({ ...(await enrol(csrPem)), caPem: enrolments.length === 1 ? 'named' : '' }),
    });
    expect(tls(one).ca).toBe('named');
    clock.advance(lifeMs / 2);
    await eventually(() => enrolments.length === 2);
    await quietRounds();
    expect(tls(one).ca).toBe('named');
  });
});

/** Lets the one keeper of a test finish at least two rounds that begin after this call. */
async function quietRounds(): Promise<void> {
  const before = rounds;
  await eventually(() => rounds >= before + 3);
}
