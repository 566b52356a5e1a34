import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListItem, readListPage } from './list-page.ts';

const TYPE = { apiVersion: 'v1', kind: 'Pod' };

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(list: unknown, size: number, itemBytesMax = 10_000) {
  const items: ListItem[] = [];
  const bytes = Buffer.from(typeof list === 'string' ? list : JSON.stringify(list));
  const meta = await readListPage(inChunks(bytes, size), { type: TYPE, itemBytesMax }, (item) => void items.push(item));
  return { meta, items };
}

const spec = fc.jsonValue({ maxDepth: 3 });
const pods = fc.array(spec, { maxLength: 6 }).map((specs) =>
  specs.map((value, i) => ({
    metadata: { name: `p${i}`, uid: `u${i}`, resourceVersion: '1', annotations: { '"items":[': '\\"}],{' } },
    spec: value,
  })),
);
const metadata = { resourceVersion: '12', continue: 'token', remainingItemCount: 3 };

describe('readListPage', () => {
  it('given any list in any chunks and order of members, when read, then each item comes once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(pods, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (items, size, metadataFirst) => {
        const list = metadataFirst ? { kind: 'PodList', metadata, items } : { items, kind: 'PodList', metadata };
        const got = await read(list, size);
        expect(got.meta).toEqual({ resourceVersion: '12', continue: 'token' });
        expect(got.items).toEqual(items.map((item) => ({ object: { ...TYPE, ...JSON.parse(JSON.stringify(item)) } })));
      }),
    );
  });

  it.each([
    ['{"metadata":{"resourceVersion":"1"},"items":[]}'],
    ['{"metadata":{"resourceVersion":"1"},"items":null}\n'],
    ['{ "items" : [ ] , "metadata": {"resourceVersion":"1"} }'],
  ])('given the empty list %s, when read, then no item comes', async (text) => {
    expect(await read(text, 3)).toEqual({ meta: { resourceVersion: '1', continue: '' }, items: [] });
  });

  it('given items that are too large or without identity, when read, then they are reported and the others come', async () => {
    const identity = { uid: 'u', resourceVersion: '1' };
    const items = [
      { metadata: { ...identity, name: 'big' }, spec: 'x'.repeat(5000) },
      { metadata: { name: 'nobody' } },
      { metadata: { ...identity, name: 'good' } },
    ];
    const got = await read({ metadata, items }, 100, 1000);
    expect(got.items).toMatchObject([
      { undecodable: { reason: 'too_large', event: 'LISTED', ref: { name: 'big' } } },
      { undecodable: { reason: 'unexpected_shape', ref: { name: 'nobody' } } },
      { object: { kind: 'Pod', metadata: { name: 'good' } } },
    ]);
  });

  it.each([
    ['{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{}', 'ends in the middle'],
    ['{"metadata":{"resourceVersion":"1"},"items":[', 'ends in the middle'],
    ['', 'ends in the middle'],
    ['{"metadata":{},"items":[]}', 'no metadata.resourceVersion'],
    ['404 page not found', 'not valid JSON'],
  ])('given the text %s, when read, then it is refused: %s', async (text, why) => {
    await expect(read(text, 5)).rejects.toMatchObject({
      code: 'kube_bad_response',
      message: expect.stringContaining(why),
    });
  });
});
