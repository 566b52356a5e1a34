import { describe, expect, test } from 'vitest';
import type { AuthorizationRequest, AuthorizationVerdict } from '../authorization/request.ts';
import type { Cause, Outcome } from '../model/cause.ts';
import type { Policy } from '../model/policy.ts';
import type { NetworkQuestion, NetworkVerdict, SideVerdict } from '../network/verdict.ts';
import { evaluateRequest } from './evaluate-request.ts';
import { requestLineSchema } from './request-line.ts';
import { tokensInUsualPlaces } from './tokens-in-usual-places.ts';

const CAUSE: Cause = { code: 'address', message: 'the address of the node is not known' };

function side(direction: SideVerdict['direction'], outcome: Outcome, requestsJudged = false): SideVerdict {
  const policy = { kind: 'NetworkPolicy', namespace: 'shop', name: direction };
  const action = outcome === 'denied' ? 'default-deny' : 'allow';
  return { direction, outcome, deciders: [{ policy, path: 'spec', action }], reason: '', causes: [], requestsJudged };
}

/** A network that answers so, and keeps what it was asked. */
function network(egress: Outcome, ingress: Outcome, requestsJudged = false) {
  const asked: NetworkQuestion[] = [];
  const both = [egress, ingress];
  const outcome = both.includes('denied') ? 'denied' : both.includes('unknown') ? 'unknown' : 'allowed';
  const verdict = (question: NetworkQuestion): NetworkVerdict => {
    asked.push(question);
    return {
      outcome,
      egress: side('egress', egress),
      ingress: side('ingress', ingress, requestsJudged),
      reason: `Network: ${outcome}.`,
      causes: outcome === 'unknown' ? [CAUSE] : [],
      profile: { kind: 'generic' },
    };
  };
  return { asked, verdict };
}

function authorization(outcome: Outcome, audited: AuthorizationVerdict['audited'] = []) {
  const asked: AuthorizationRequest[] = [];
  const policy = { kind: 'AuthorizationPolicy', namespace: 'shop', name: 'authz' };
  const verdict = (request: AuthorizationRequest): AuthorizationVerdict => {
    asked.push(request);
    return {
      outcome,
      dataPlane: 'sidecar',
      deciders: [{ policy, path: 'spec.rules[0]', action: outcome === 'denied' ? 'DENY' : 'ALLOW' }],
      audited,
      reason: `Authorization: ${outcome}.`,
      causes: outcome === 'unknown' ? [{ code: 'request', message: 'the claims are not known' }] : [],
    };
  };
  return { asked, verdict };
}

const line = (more: object = {}) =>
  requestLineSchema.parse({
    id: 7,
    src: { namespace: 'shop', pod: 'web-1' },
    dst: { namespace: 'shop', pod: 'cart-1', port: 8080 },
    protocol: 'TCP',
    ...more,
  });

const http = (more: object = {}) => ({ http: { method: 'GET', path: '/a', host: 'cart', headers: {}, ...more } });

describe('evaluateRequest', () => {
  test.each([
    ['allowed', 'allowed', true],
    ['allowed', 'denied', false],
    ['denied', 'allowed', false],
    ['denied', 'unknown', false],
    ['unknown', 'denied', false],
    ['allowed', 'unknown', null],
    ['unknown', 'allowed', null],
  ] as const)('given a network that says %s and authorization that says %s then it is %s', (first, second, allowed) => {
    const judges = {
      network: network(first, 'allowed'),
      authorization: authorization(second),
      tokensInUsualPlaces: true,
    };
    expect(evaluateRequest(judges, line())).toMatchObject({ id: 7, allowed });
  });

  test('given one layer then the other is not asked and has no say', () => {
    const judges = { network: network('allowed', 'allowed'), tokensInUsualPlaces: true };
    const { allowed, reason, decidedBy } = evaluateRequest(judges, line());
    expect({ allowed, reason }).toEqual({ allowed: true, reason: 'Network: allowed.' });
    expect(decidedBy.map(({ layer, direction }) => [layer, direction])).toEqual([
      ['network', 'egress'],
      ['network', 'ingress'],
    ]);
  });

  test('given a denial then only what denies decided, and only its reason is given', () => {
    const judges = {
      network: network('allowed', 'denied'),
      authorization: authorization('allowed'),
      tokensInUsualPlaces: true,
    };
    expect(evaluateRequest(judges, line())).toEqual({
      id: 7,
      allowed: false,
      reason: 'Network: denied.',
      decidedBy: [
        {
          layer: 'network',
          direction: 'ingress',
          policy: 'shop/ingress[NetworkPolicy]',
          path: 'spec',
          action: 'default-deny',
        },
      ],
    });
  });

  test('given an unknown then its causes are told', () => {
    const judges = { network: network('unknown', 'allowed'), tokensInUsualPlaces: true };
    expect(evaluateRequest(judges, line()).causes).toEqual([CAUSE]);
  });

  test('given a connection on which requests are judged then it says so', () => {
    const judges = { network: network('allowed', 'allowed', true), tokensInUsualPlaces: true };
    expect(evaluateRequest(judges, line())).toMatchObject({ allowed: true, requestsJudged: true });
    const plain = { network: network('allowed', 'allowed'), tokensInUsualPlaces: true };
    expect(evaluateRequest(plain, line())).not.toHaveProperty('requestsJudged');
  });

  test('given dry-run policies that would deny then they are named', () => {
    const audited = [{ kind: 'AuthorizationPolicy', namespace: 'shop', name: 'trial' }];
    const judges = { authorization: authorization('allowed', audited), tokensInUsualPlaces: true };
    expect(evaluateRequest(judges, line()).audited).toEqual(['shop/trial[AuthorizationPolicy]']);
  });

  test('given UDP, or a destination outside of the cluster, then authorization is not asked', () => {
    const asked = authorization('denied');
    const judges = { authorization: asked, tokensInUsualPlaces: true };
    expect(evaluateRequest(judges, line({ protocol: 'UDP' })).allowed).toBe(true);
    expect(evaluateRequest(judges, line({ dst: { ip: '192.0.2.1', port: 443 } })).allowed).toBe(true);
    expect(asked.asked).toEqual([]);
    expect(evaluateRequest(judges, line()).allowed).toBe(false);
  });

  test('given a request then both layers see its path as sent, and names of headers in lower case', () => {
    const [first, second] = [network('allowed', 'allowed'), authorization('allowed')];
    const judges = { network: first, authorization: second, tokensInUsualPlaces: true };
    evaluateRequest(judges, line({ sni: 'cart.shop', ...http({ path: '/a?b=c', headers: { 'X-User': 'u' } }) }));
    const headers = { 'x-user': 'u' };
    expect(first.asked[0]?.request).toEqual({
      sni: 'cart.shop',
      http: { method: 'GET', path: '/a?b=c', host: 'cart', headers },
    });
    expect(second.asked[0]).toMatchObject({ sni: 'cart.shop', http: { path: '/a?b=c', headers } });
  });

  test('given a principal that is known to be none then authorization is told so', () => {
    const asked = authorization('allowed');
    evaluateRequest(
      { authorization: asked, tokensInUsualPlaces: true },
      line({ src: { ip: '10.0.0.1', principal: '' } }),
    );
    expect(asked.asked[0]?.source).toEqual({ ip: '10.0.0.1', principal: '' });
  });
});

const tokenOf = (more: object, tokensInUsual = true): unknown => {
  const asked = authorization('allowed');
  evaluateRequest({ authorization: asked, tokensInUsualPlaces: tokensInUsual }, line(more));
  return asked.asked[0]?.jwt;
};

describe('the token of a request', () => {
  const claims = { iss: 'me' };

  test.each([
    ['claims', { jwt: { claims } }, { claims }],
    ['null', { jwt: null }, { claims: {} }],
    ['headers without Authorization', http(), { claims: {} }],
    ['headers with it', http({ headers: { Authorization: 'Bearer x' } }), undefined],
    ['a query with access_token', http({ path: '/a?access_token=x' }), undefined],
    ['no headers', { http: { method: 'GET', path: '/a' } }, undefined],
    ['no path', { http: { headers: {} } }, undefined],
    ['no request', {}, undefined],
  ])('given %s then what is known of it is passed on', (_, more, expected) => {
    expect(tokenOf(more)).toEqual(expected);
  });

  test('given tokens that may come from elsewhere then headers tell nothing', () => {
    expect(tokenOf(http(), false)).toBeUndefined();
  });

  test.each([
    [{ jwtRules: [{ issuer: 'a' }] }, true],
    [{}, true],
    [{ jwtRules: [{ issuer: 'a' }, { issuer: 'b', fromHeaders: [{ name: 'x-token' }] }] }, false],
    [{ jwtRules: [{ issuer: 'a', fromParams: ['t'] }] }, false],
    [{ jwtRules: [{ issuer: 'a', fromCookies: ['t'] }] }, false],
  ])('given the RequestAuthentication %j then tokens come from the usual places: %j', (body, expected) => {
    const policy: Policy = {
      ref: { kind: 'RequestAuthentication', namespace: 'shop', name: 'jwt' },
      apiVersion: 'security.istio.io/v1',
      labels: new Map(),
      annotations: new Map(),
      specs: [{ path: 'spec', body }],
      source: 'test',
    };
    expect(tokensInUsualPlaces([policy])).toBe(expected);
  });
});

describe('requestLineSchema', () => {
  test.each([
    [{ src: { pod: 'web-1' } }, 'src: a pod needs its namespace'],
    [{ dst: { namespace: 'shop', port: 80 } }, 'dst: a pod or an ip is needed'],
    [{ dst: { ip: '10.0.0.300', port: 80 } }, 'dst.ip: no IP address'],
    [{ dst: { ip: '10.0.0.3', port: 65_536 } }, 'dst.port: '],
    [{ protocol: 'tcp' }, 'protocol: '],
    [{ http: { paht: '/' } }, 'http: Unrecognized key'],
    [{ id: null }, 'id: '],
  ])('given %j then it is refused at its place', (more, message) => {
    const base = { id: 1, src: { ip: '10.0.0.1' }, dst: { ip: '10.0.0.2', port: 80 }, protocol: 'TCP' };
    const { error } = requestLineSchema.safeParse({ ...base, ...more });
    const told = error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
    expect(told).toContain(message);
  });

  test('given null for what is not known then it is as if absent', () => {
    const read = requestLineSchema.parse({
      id: 'a',
      src: { ip: '10.0.0.1', pod: null },
      dst: { ip: '10.0.0.2', port: 80, namespace: null },
      protocol: 'TCP',
      http: null,
      sni: null,
    });
    expect(read).toEqual({ id: 'a', src: { ip: '10.0.0.1' }, dst: { ip: '10.0.0.2', port: 80 }, protocol: 'TCP' });
  });
});
