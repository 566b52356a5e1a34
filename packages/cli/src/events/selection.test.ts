import { describe, expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { selections } from './selection.ts';

describe('selections', () => {
  test('given nothing then every stream that may be read is meant', () => {
    expect(selections({ streams: [] }).map(({ stream }) => stream)).toEqual([
      'KESTREL_RESOURCES',
      'KESTREL_FLOWS',
      'KESTREL_EDGES',
      'KESTREL_EVENTS',
    ]);
  });

  test('given short names then they are the streams, each once', () => {
    expect(selections({ streams: ['events', 'KESTREL_EVENTS', 'Flows'] })).toEqual([
      { stream: 'KESTREL_EVENTS', filter: 'kestrel.events.>' },
      { stream: 'KESTREL_FLOWS', filter: 'kestrel.flows.>' },
    ]);
  });

  test('given a kind and a namespace then the filter of the objects says both', () => {
    expect(selections({ streams: [], kind: 'Pod', namespace: 'shop' })).toEqual([
      { stream: 'KESTREL_RESOURCES', filter: 'kestrel.resources.*.Pod.shop.*' },
    ]);
  });

  test('given no namespace as a text then objects of the cluster are meant, and "core" is the group without a name', () => {
    expect(selections({ streams: ['resources'], namespace: '', group: 'core' })).toEqual([
      { stream: 'KESTREL_RESOURCES', filter: 'kestrel.resources.core.*._.*' },
    ]);
  });

  test.each([
    [{ streams: ['nope'] }, /there is no stream nope/],
    [{ streams: ['commands'] }, /may not read KESTREL_COMMANDS/],
    [{ streams: ['results'] }, /may not read KESTREL_RESULTS/],
    [{ streams: ['resources', 'events'], kind: 'Pod' }, /KESTREL_EVENTS has not/],
  ])('given %j then it is refused', (wanted, message) => {
    expect(() => selections(wanted)).toThrow(UsageError);
    expect(() => selections(wanted)).toThrow(message);
  });
});
