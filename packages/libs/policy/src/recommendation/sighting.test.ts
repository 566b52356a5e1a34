import { describe, expect, it } from 'vitest';
import { clusterOf, edge, november, outward, pod, request, shopManifests } from '../testing/recommendation/shop.ts';
import { EndpointReader } from '../traffic/read-endpoint.ts';
import { readL4, readL7 } from '../traffic/read-edge.ts';
import { exampleRequest } from './sighting.ts';
import { surveyOf } from './survey.ts';

const [web, cart] = [pod('shop', 'web'), pod('shop', 'cart')];
const cluster = clusterOf(shopManifests);

/** Records that nobody merged. */
function verdictsOf(...records: readonly (ReturnType<typeof edge> | ReturnType<typeof request>)[]) {
  const endpoints = new EndpointReader();
  const edges = records.map((each, at) =>
    'method' in each ? readL7(each, at, endpoints) : readL4(each, at, endpoints),
  );
  return surveyOf({ cluster, edges: edges.flatMap((each) => each ?? []) }).sightings.map(({ verdict }) => verdict);
}

describe('sightings', () => {
  it('given records of the same connection, then the later verdict counts, and of equal times the denial', () => {
    const [allowed, denied] = [
      edge(web, cart, 80, { allowed: november(12) }),
      edge(web, cart, 80, { denied: november(20) }),
    ];
    expect(verdictsOf(allowed, denied)).toEqual(['denied']);
    expect(verdictsOf(denied, edge(web, cart, 80, { allowed: november(21) }))).toEqual(['allowed']);
    expect(verdictsOf(denied, edge(web, cart, 80, { allowed: november(20) }))).toEqual(['denied']);
  });

  it('given what only left its source, then that is no complete verdict, and a denial beats it', () => {
    expect(verdictsOf(outward(web, cart, 80))).toEqual(['passed-source']);
    expect(verdictsOf(outward(web, cart, 80), edge(web, cart, 80, { denied: november(12) }))).toEqual(['denied']);
  });

  it('given a request later than a denial of its connection, then the connection is allowed', () => {
    expect(verdictsOf(edge(web, cart, 80, { denied: november(12) }), request(web, cart, 80, 'GET /'))).toEqual([
      'allowed',
      'allowed',
    ]);
    expect(verdictsOf(edge(web, cart, 80, { denied: november(21) }), request(web, cart, 80, 'GET /'))).toEqual([
      'denied',
      'allowed',
    ]);
  });

  it('given a path with variable parts, then an example has values in them', () => {
    expect(exampleRequest({ method: 'GET', path: '/a/{id}/*/:x' })).toEqual({
      http: { method: 'GET', path: '/a/7/7/7' },
    });
  });
});
