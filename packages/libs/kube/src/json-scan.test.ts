import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findValue, readStringAt } from './json-scan.ts';
import { withoutManagedFields } from './managed-fields.ts';

const key = fc.constantFrom('metadata', 'managedFields', 'name', 'a', 'items');
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.constantFrom('"', '\\', '{"managedFields":[', ']}', '\\"'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(key, fc.string()), tie('json'), { maxKeys: 5 }),
  ),
}));
const object = fc.dictionary(fc.oneof(key, fc.string()), json, { maxKeys: 6 });

describe('findValue', () => {
  it('given any object and spacing, when a member is looked for, then its value is found where it begins', () => {
    fc.assert(
      fc.property(object, json, fc.constantFrom(undefined, 1), (others, value, space) => {
        const text = JSON.stringify({ ...others, wanted: { inner: value } }, undefined, space);
        const at = findValue(Buffer.from(text), ['wanted', 'inner']);
        expect(
          Buffer.from(text)
            .toString('utf8', at)
            .startsWith(JSON.stringify(value, undefined, space)?.at(0) ?? ''),
        ).toBe(true);
        expect(at).toBeGreaterThan(0);
      }),
    );
  });

  it('given text that is cut anywhere, when a member is looked for, then it never throws', () => {
    fc.assert(
      fc.property(object, fc.nat(500), (value, length) => {
        const bytes = Buffer.from(JSON.stringify(value)).subarray(0, length);
        expect(findValue(bytes, ['metadata', 'name'])).toBeGreaterThanOrEqual(-1);
      }),
    );
  });
});

describe('readStringAt', () => {
  it.each([
    ['{"metadata":{"name":"a"}}', 'a'],
    ['{"kind":"X","metadata":{"labels":{"name":"no"},"name":"yes","n', 'yes'],
    ['{"metadata":{"name":"cut', undefined],
    ['{"metadata":{"name":7}}', undefined],
    ['{"metadata":"name"}', undefined],
    ['not json', undefined],
  ])('given %s, when the name is read, then it is %s', (text, name) => {
    expect(readStringAt(Buffer.from(text), ['metadata', 'name'])).toBe(name);
  });
});

describe('withoutManagedFields', () => {
  it('given any object, when its managedFields are emptied, then nothing else changes', () => {
    fc.assert(
      fc.property(object, object, fc.array(json), (rest, metadata, managedFields) => {
        const before = { ...rest, metadata: { ...metadata, managedFields } };
        const after: unknown = JSON.parse(withoutManagedFields(Buffer.from(JSON.stringify(before)), ['metadata']));
        expect(after).toEqual(
          JSON.parse(JSON.stringify({ ...before, metadata: { ...before.metadata, managedFields: [] } })),
        );
      }),
    );
  });

  it('given managedFields elsewhere only, when the text is read, then it is unchanged', () => {
    const text =
      '{"metadata":{"name":"a","annotations":{"x":"{\\"managedFields\\":[1]}"}},"spec":{"metadata":{"managedFields":[1]}}}';
    expect(withoutManagedFields(Buffer.from(text), ['metadata'])).toBe(text);
  });
});
