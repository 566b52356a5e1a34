import { describe, expect, it } from 'vitest';
import { FailurePolicy } from './failure-policy.ts';
import { KubeError, type KubeErrorCode } from './kube-error.ts';
import { DEFAULT_REFLECTOR_LIMITS } from './reflector-limits.ts';
import { StaleVersion } from './stale-version.ts';

const SETTLED_MS = DEFAULT_REFLECTOR_LIMITS.watchSettledMs;

function policy(random = 0.5) {
  const time = { ms: 0 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  return { time, policy: new FailurePolicy(DEFAULT_REFLECTOR_LIMITS, clock, () => random) };
}

const failure = (code: KubeErrorCode, retryAfterMs?: number) => new KubeError(code, 'm', { retryAfterMs });

describe('FailurePolicy', () => {
  it('given a watch that lasted, when it ends in order, then the next begins at once', () => {
    expect(policy().policy.judge(undefined, SETTLED_MS)).toMatchObject({ needsSync: false, delayMs: 0 });
  });

  it('given watches that end at once, when that goes on, then the delays grow', () => {
    const { policy: subject } = policy();
    const delays = [1, 2, 3].map(() => subject.judge(undefined, 0).delayMs);
    expect(delays).toEqual([250, 500, 1000]);
  });

  it.each(['kube_gone', 'kube_too_large_resource_version'] as const)(
    'given %s, when judged, then all is synced',
    (code) => {
      expect(policy().policy.judge(failure(code), SETTLED_MS)).toMatchObject({ needsSync: true, delayMs: 0 });
    },
  );

  it.each(['expired', 'server_behind', 'not_comparable', 'no_bookmark', 'requested'] as const)(
    'given a version that is stale by %s, when judged, then all is synced',
    (reason) => {
      expect(policy().policy.judge(new StaleVersion(reason, 'm'), SETTLED_MS)).toMatchObject({
        reason,
        needsSync: true,
      });
    },
  );

  it.each(['kube_unreachable', 'kube_server_error', 'kube_timeout'] as const)(
    'given %s, when judged, then the version is kept and the delay grows',
    (code) => {
      const { policy: subject } = policy();
      expect(subject.judge(failure(code), SETTLED_MS)).toMatchObject({ needsSync: false, delayMs: 250 });
      expect(subject.judge(failure(code), SETTLED_MS)).toMatchObject({ needsSync: false, delayMs: 500 });
    },
  );

  it('given Retry-After, when judged, then at least that is waited, but not longer than the limit', () => {
    expect(policy(0).policy.judge(failure('kube_throttled', 7000), 0).delayMs).toBe(7000);
    expect(policy(0.5).policy.judge(failure('kube_throttled', 7000), 0).delayMs).toBe(7250);
    expect(policy(0).policy.judge(failure('kube_throttled', 3_600_000), 0).delayMs).toBe(60_000);
  });

  it.each([
    ['kube_not_found', 'not_served'],
    ['kube_forbidden', 'forbidden'],
    ['kube_unauthorized', 'unauthorized'],
  ] as const)(
    'given %s, when it comes a few times, then it is a server that starts or a token in rotation; then the kind is %s',
    (code, unavailable) => {
      const { refusalsBelieved, unavailableRetryMs } = DEFAULT_REFLECTOR_LIMITS;
      const { policy: subject } = policy();
      for (let refusals = 1; refusals < refusalsBelieved; refusals += 1) {
        expect(subject.judge(failure(code), 0)).toMatchObject({ unavailable: undefined, needsSync: false });
      }
      expect(subject.judge(failure(code), 0)).toMatchObject({
        unavailable,
        needsSync: true,
        delayMs: unavailableRetryMs,
      });
      subject.watching();
      expect(subject.judge(failure(code), 0).unavailable).toBeUndefined();
    },
  );

  it('given a watch that was healthy long enough, when it fails, then the delays start again', () => {
    const { policy: subject, time } = policy();
    for (let i = 0; i < 5; i += 1) subject.judge(failure('kube_unreachable'), 0);
    subject.watching();
    time.ms += DEFAULT_REFLECTOR_LIMITS.healthyAfterMs;
    expect(subject.judge(failure('kube_unreachable'), 0).delayMs).toBe(250);
  });
});
