import { Semaphore } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { describe, expect, it } from 'vitest';
import {
  answer,
  answerList,
  answerStatus,
  answerWatch,
  type FakeApi,
  type FakeRequest,
  kindOf,
  pod,
  startFakeApi,
} from './fake-api.ts';
import { follow } from './following.ts';

type Plan = Partial<Record<ReturnType<typeof kindOf>, (request: FakeRequest, nth: number) => void>>;

/** Answers each kind of request by its own part of the plan; `nth` counts from 1. */
function plan(api: FakeApi, parts: Plan): void {
  const counts = new Map<string, number>();
  api.handler = (request) => {
    const kind = kindOf(request);
    const nth = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, nth);
    const part = parts[kind];
    if (part === undefined) answerStatus(request, 500, `the test has no plan for ${kind}`);
    else part(request, nth);
  };
}

const kinds = (api: FakeApi) => api.requests.map(kindOf);

/** A WatchList with these pods, at version `version`; the stream stays open. */
function watchListOf(request: FakeRequest, version: number, ...names: string[]) {
  const watch = answerWatch(request);
  for (const name of names) watch.send('ADDED', pod(name, version));
  watch.bookmark(version, true);
  return watch;
}

describe('first sync', () => {
  it('given WatchList, when synced, then the same stream goes on as the watch', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request) => {
        const watch = watchListOf(request, 10, 'a', 'b');
        watch.send('MODIFIED', pod('a', 11, { spec: 1 }));
        watch.send('DELETED', pod('b', 12));
        watch.send('ADDED', pod('c', 13));
      },
    });
    await using following = follow(api.client());
    await eventually(() => following.names().join() === 'a,c');
    expect(following.calls).toEqual(['sync', '+a', '+b', 'end watch_list', '+a', '-b', '+c']);
    expect(following.get('a')).toMatchObject({ apiVersion: 'v1', kind: 'Pod', spec: 1 });
    expect(following.reflector.state()).toMatchObject({
      phase: 'watching',
      resourceVersion: '13',
      objects: 2,
      syncs: 1,
    });
    expect(kinds(api)).toEqual(['watch_list']);
    const query = Object.fromEntries(api.requests[0]?.query ?? []);
    const { timeoutSeconds, ...others } = query;
    expect(others).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
    });
    expect(Number(timeoutSeconds)).toBeGreaterThanOrEqual(300);
    expect(Number(timeoutSeconds)).toBeLessThanOrEqual(600);
  });

  it.each([
    [422, 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'],
    [400, 'unknown parameter'],
  ])(
    'given WatchList is refused with %d, when synced, then by pages, then watched from the list version',
    async (code, text) => {
      await using api = await startFakeApi();
      plan(api, {
        watch_list: (request) => answerStatus(request, code, text),
        page: (request, nth) =>
          nth === 1
            ? answerList(request, 10, [pod('a', 1), pod('b', 2)], 'token/1=')
            : answerList(request, 10, [pod('c', 3)]),
        watch: (request) => answerWatch(request).send('ADDED', pod('d', 11)),
      });
      await using following = follow(api.client(), { limits: { pageObjects: 2 } });
      await eventually(() => following.names().join() === 'a,b,c,d');
      expect(following.calls).toEqual(['sync', '+a', '+b', '+c', 'end paged', '+d']);
      expect(following.get('a')).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
      expect(kinds(api)).toEqual(['watch_list', 'page', 'page', 'watch']);
      expect(api.requests[2]?.query.get('continue')).toBe('token/1=');
      expect(api.requests[3]?.query.get('resourceVersion')).toBe('10');
      // Never resourceVersion=0: it ignores `limit`.
      expect(api.requests.slice(0, 3).some((request) => request.query.has('resourceVersion'))).toBe(false);
    },
  );

  it('given a server that ignores sendInitialEvents, when it sends an ordinary bookmark or nothing more, then by pages', async () => {
    for (const bookmark of [true, false]) {
      await using api = await startFakeApi();
      plan(api, {
        watch_list: (request) => {
          const watch = answerWatch(request);
          watch.send('ADDED', pod('a', 1));
          if (bookmark) watch.bookmark(9);
        },
        page: (request) => answerList(request, 10, [pod('a', 1)]),
        watch: (request) => answerWatch(request),
      });
      await using following = follow(api.client(), { limits: { syncStallMs: 100 } });
      await eventually(() => following.reflector.state().phase === 'watching');
      expect(following.calls).toEqual(['sync', '+a', 'sync', '+a', 'end paged']);
    }
  });

  it('given the continue token expires, when paging, then the list begins anew and what came before is void', async () => {
    await using api = await startFakeApi();
    plan(api, {
      page: (request, nth) => {
        if (nth === 1) answerList(request, 10, [pod('gone', 1)], 'token');
        else if (nth === 2) answerStatus(request, 410, 'The provided continue parameter is too old');
        else answerList(request, 20, [pod('a', 15)]);
      },
      watch: (request) => answerWatch(request),
    });
    await using following = follow(api.client(), { watchList: false });
    await eventually(() => following.reflector.state().phase === 'watching');
    expect(following.calls).toEqual(['sync', '+gone', 'sync', '+a', 'end paged']);
    expect(following.names()).toEqual(['a']);
  });

  it('given a stream that ends or is cut before the end of the initial events, then no sync is finished by it', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request, nth) => {
        if (nth > 2) return void watchListOf(request, 10, 'a', 'b');
        const watch = answerWatch(request);
        watch.send('ADDED', pod('a', 1));
        if (nth === 1) watch.end();
        else request.stream.close(2);
      },
    });
    await using following = follow(api.client());
    await eventually(() => following.reflector.state().phase === 'watching');
    expect(following.calls.filter((call) => call.startsWith('end'))).toEqual(['end watch_list']);
    expect(following.names()).toEqual(['a', 'b']);
  });

  it('given a page that is cut, when listed, then no sync is finished by it', async () => {
    await using api = await startFakeApi();
    plan(api, {
      page: (request, nth) => {
        if (nth > 1) return answerList(request, 10, [pod('a', 1), pod('b', 1)]);
        answer(request, 200, `{"metadata":{"resourceVersion":"10"},"items":[${JSON.stringify(pod('a', 1))}`);
      },
      watch: (request) => answerWatch(request),
    });
    await using following = follow(api.client(), { watchList: false });
    await eventually(() => following.reflector.state().phase === 'watching');
    expect(following.calls).toEqual(['sync', '+a', 'sync', '+a', '+b', 'end paged']);
  });

  it('given many reflectors and a gate of two, when started, then never more than two sync at once', async () => {
    await using api = await startFakeApi();
    const open = new Set<FakeRequest>();
    let most = 0;
    plan(api, {
      watch_list: (request) => {
        open.add(request);
        most = Math.max(most, open.size);
        setTimeout(() => {
          open.delete(request);
          watchListOf(request, 10, 'a');
        }, 30);
      },
    });
    const client = api.client();
    const syncGate = new Semaphore({ permits: 2, waitersMax: 10 });
    await using stack = new AsyncDisposableStack();
    const all = Array.from({ length: 6 }, () => stack.use(follow(client, { syncGate })));
    await eventually(() => all.every((one) => one.reflector.state().phase === 'watching'));
    expect(most).toBe(2);
  });
});

describe('going on', () => {
  it('given a watch ends, when the server has our version, then it goes on from there without a sync', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request) => watchListOf(request, 10, 'a').end(),
      check: (request, nth) => answerList(request, nth === 1 ? 10 : 15, [pod('a', 10)]),
      watch: (request, nth) => {
        const watch = answerWatch(request);
        if (nth > 1) return;
        watch.send('ADDED', pod('b', 11));
        watch.bookmark(15);
        watch.end();
      },
    });
    await using following = follow(api.client());
    await eventually(() => kinds(api).length === 5 && following.reflector.state().phase === 'watching');
    expect(kinds(api)).toEqual(['watch_list', 'check', 'watch', 'check', 'watch']);
    const versions = api.requests
      .filter((request) => kindOf(request) === 'watch')
      .map((r) => r.query.get('resourceVersion'));
    expect(versions).toEqual(['10', '15']);
    expect(following.calls.filter((call) => call === 'sync')).toHaveLength(1);
    expect(following.names()).toEqual(['a', 'b']);
  });

  const resync = (second: Plan): Plan => ({
    watch_list: (request, nth) => {
      if (nth === 1) watchListOf(request, 100, 'a', 'old').end();
      else watchListOf(request, 50, 'a', 'new');
    },
    check: (request) => answerList(request, 100, []),
    ...second,
  });

  it.each<[string, Plan]>([
    ['410 instead of a watch', { watch: (request) => answerStatus(request, 410, 'too old resource version') }],
    [
      '410 as an ERROR event',
      {
        watch: (request) =>
          answerWatch(request).send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
      },
    ],
    ['a version before ours', { check: (request) => answerList(request, 99, []) }],
    [
      'a version that is no number',
      { check: (request) => answer(request, 200, { metadata: { resourceVersion: 'x' }, items: [] }) },
    ],
    [
      '504 Too large resource version',
      { check: (request) => answerStatus(request, 504, 'Timeout: Too large resource version: 100, current: 50') },
    ],
    [
      'neither event nor bookmark from a server that is ahead',
      { check: (request) => answerList(request, 101, []), watch: (request) => answerWatch(request) },
    ],
    [
      'a silent watch and then a version before ours',
      {
        check: (request, nth) => answerList(request, nth === 1 ? 100 : 99, []),
        watch: (request) => answerWatch(request),
      },
    ],
  ])('given %s, when it wants to go on, then all is synced and the vanished object is gone', async (_, second) => {
    await using api = await startFakeApi();
    plan(api, resync(second));
    await using following = follow(api.client(), { limits: { bookmarkTimeoutMs: 100 } });
    await eventually(() => following.names().join() === 'a,new');
    expect(following.calls.filter((call) => call === 'sync').length).toBeGreaterThanOrEqual(2);
    expect(following.reflector.state().syncs).toBeGreaterThanOrEqual(2);
  });

  it('given a silent watch, when nothing at all was written to the store, then it is trusted', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request) => watchListOf(request, 10, 'a'),
      check: (request) => answerList(request, 10, []),
    });
    await using following = follow(api.client(), { limits: { bookmarkTimeoutMs: 30 } });
    await eventually(() => kinds(api).filter((kind) => kind === 'check').length > 5);
    expect(following.reflector.state()).toMatchObject({ phase: 'watching', syncs: 1 });
    expect(api.requests[0]?.stream.closed).toBe(false);
  });

  it('given a silent watch of a server that is ahead, when a bookmark comes after the question, then it is trusted', async () => {
    await using api = await startFakeApi();
    let watch: ReturnType<typeof answerWatch> | undefined;
    let version = 10;
    plan(api, {
      watch_list: (request) => {
        watch = watchListOf(request, version, 'a');
      },
      check: (request) => {
        version += 1;
        answerList(request, version, []);
        watch?.bookmark(version);
      },
    });
    await using following = follow(api.client(), { limits: { bookmarkTimeoutMs: 200 } });
    await eventually(() => kinds(api).filter((kind) => kind === 'check').length > 3);
    expect(following.reflector.state()).toMatchObject({ phase: 'watching', syncs: 1 });
  });

  it('given bookmarks only, when they keep coming, then the watch is trusted', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request) => {
        const watch = watchListOf(request, 10, 'a');
        let version = 10;
        const timer = setInterval(() => watch.bookmark((version += 1)), 40);
        request.stream.once('close', () => clearInterval(timer));
      },
    });
    await using following = follow(api.client(), { limits: { bookmarkTimeoutMs: 500 } });
    await eventually(() => Number(following.reflector.state().resourceVersion) > 30);
    expect(kinds(api)).toEqual(['watch_list']);
  });

  it('given a slow consumer, when it takes longer than the bookmark deadline, then that is not held against the server', async () => {
    await using api = await startFakeApi();
    plan(api, { watch_list: (request) => void watchListOf(request, 10, 'a').send('ADDED', pod('slow', 11)) });
    const gate = Promise.withResolvers<void>();
    await using following = follow(api.client(), {
      limits: { bookmarkTimeoutMs: 50 },
      before: (call) => (call === '+slow' ? gate.promise : undefined),
    });
    await eventually(() => following.calls.includes('+slow'));
    await new Promise((resolve) => setTimeout(resolve, 200)); // four deadlines: the thing under test is that time passes
    expect(kinds(api)).toEqual(['watch_list']);
    gate.resolve();
  });

  it('given 429 with Retry-After, when going on, then the problem is shown, and gone when it is over', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request, nth) =>
        nth <= 2 ? answerStatus(request, 429, 'busy', { 'retry-after': '1' }) : void watchListOf(request, 10, 'a'),
    });
    await using following = follow(api.client(), { limits: { retryAfterMaxMs: 100 } });
    await eventually(() => following.reflector.state().problem?.code === 'kube_throttled');
    expect(following.reflector.state().phase).toBe('backoff');
    await eventually(() => following.reflector.state().phase === 'watching');
    expect(following.reflector.state().problem).toBeUndefined();
  });

  it('given a request for a sync, from outside or from within the end of one, then there is another', async () => {
    await using api = await startFakeApi();
    plan(api, { watch_list: (request, nth) => void watchListOf(request, 10 + nth, 'a') });
    let ends = 0;
    await using following = follow(api.client(), {
      before: (call) => {
        if (call !== 'end watch_list') return;
        ends += 1;
        if (ends === 1) following.reflector.requestSync('within');
      },
    });
    await eventually(() => ends === 2 && following.reflector.state().phase === 'watching');
    following.reflector.requestSync('outside');
    await eventually(() => ends === 3 && following.reflector.state().phase === 'watching');
    expect(following.reflector.state()).toMatchObject({ resourceVersion: '13', syncs: 3 });
  });
});

describe('what can not be had', () => {
  it('given a kind that is not served, when it is served later, then it is synced', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request, nth) =>
        nth <= 3 ? answer(request, 404, '404 page not found\n') : void watchListOf(request, 10, 'a'),
    });
    await using following = follow(api.client());
    await eventually(() => following.names().join() === 'a');
    // Said once, however often it was tried.
    expect(following.calls.filter((call) => call.startsWith('away'))).toEqual(['away not_served']);
  });

  it.each([
    [403, 'forbidden'],
    [401, 'unauthorized'],
  ])('given %d, when it goes on, then the kind is %s, and synced when that is over', async (status, reason) => {
    await using api = await startFakeApi();
    let allowed = false;
    plan(api, {
      watch_list: (request) => (allowed ? void watchListOf(request, 10, 'a') : answerStatus(request, status, 'no')),
    });
    await using following = follow(api.client());
    await eventually(() => following.reflector.state().phase === reason);
    expect(following.calls.filter((call) => call.startsWith('away'))).toEqual([`away ${reason}`]);
    allowed = true;
    await eventually(() => following.names().join() === 'a');
  });

  it('given events that can not be used, when they come, then they are reported and the others go on', async () => {
    await using api = await startFakeApi();
    plan(api, {
      watch_list: (request) => {
        const watch = watchListOf(request, 10, 'a');
        watch.raw('{"type":"ADDED","object":{"metadata":{"name":"broken"},,}}\n');
        watch.send('MODIFIED', pod('huge', 11, { spec: 'x'.repeat(50_000) }));
        watch.send('ADDED', pod('b', 12));
      },
    });
    await using following = follow(api.client(), { limits: { objectBytesMax: 10_000 } });
    await eventually(() => following.names().join() === 'a,b');
    expect(following.calls.slice(3)).toEqual(['lost not_json broken', 'lost too_large huge', '+b']);
    expect(api.requests).toHaveLength(1);
  });
});

describe('the end', () => {
  it('given an abort, when it watches, then run resolves, and the server sees the end of the stream', async () => {
    await using api = await startFakeApi();
    plan(api, { watch_list: (request) => void watchListOf(request, 10, 'a') });
    const following = follow(api.client());
    await eventually(() => following.reflector.state().phase === 'watching');
    await following[Symbol.asyncDispose]();
    expect(following.ended()).toEqual({ error: undefined });
    expect(following.reflector.state().phase).toBe('stopped');
    await eventually(() => api.requests[0]?.stream.closed === true);
  });

  it.each(['sync', '+a', 'end watch_list', '+b', 'away not_served'])(
    'given a sink that throws at "%s", when it does, then run rejects with just that',
    async (moment) => {
      await using api = await startFakeApi();
      plan(api, {
        watch_list: (request) => {
          if (moment.startsWith('away')) answer(request, 404, '404 page not found\n');
          else watchListOf(request, 10, 'a').send('ADDED', pod('b', 11));
        },
      });
      const failure = new Error('the consumer is broken');
      await using following = follow(api.client(), {
        before: (call) => {
          if (call === moment) throw failure;
        },
      });
      await following.done;
      expect(following.ended()?.error).toBe(failure);
      await eventually(() => api.requests.every((request) => request.stream.closed));
    },
  );
});
