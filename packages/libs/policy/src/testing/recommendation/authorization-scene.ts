import type { L7Edge } from '@kestrel/proto/events';
import fc from 'fast-check';
import { compileAuthorization } from '../../authorization/compile-authorization.ts';
import type { AuthorizationEngine, AuthorizationRequest } from '../../authorization/request.ts';
import { refText } from '../../model/object-ref.ts';
import { authorizationQuestion } from '../../recommendation/authorization-question.ts';
import { manifestPolicy, manifestRef } from '../../recommendation/manifest.ts';
import type { Manifest } from '../../recommendation/manifest.ts';
import { recommend } from '../../recommendation/recommend.ts';
import type { Recommendation, RecommendationMode } from '../../recommendation/recommendation.ts';
import { surveyOf } from '../../recommendation/survey.ts';
import { readTraffic } from '../../traffic/read-traffic.ts';
import { clusterOf, deployment, november, pod, profile, request } from './shop.ts';

/** A mesh of a few workloads, policies and requests between them. */
export interface MeshScene {
  readonly manifests: readonly string[];
  readonly l7: readonly L7Edge[];
}

const names = ['a', 'b', 'c'] as const;
const methods = ['GET', 'POST'] as const;
const paths = ['/x', '/x/{id}', '/y'] as const;
const ports = [80, 8080] as const;

const policyText = fc
  .record({
    target: fc.constantFrom('', 'a', 'b'),
    source: fc.constantFrom('namespaces: [m]', 'principals: ["cluster.local/ns/m/sa/a"]'),
    methods: fc.constantFrom('', 'GET'),
    index: fc.nat({ max: 9 }),
  })
  .map(({ target, source, methods: method, index }) => {
    const selector = target === '' ? '' : `selector: {matchLabels: {app: ${target}}}, `;
    const to = method === '' ? '' : `, to: [{operation: {methods: [${method}]}}]`;
    return `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {namespace: m, name: p${index}}, spec: {${selector}rules: [{from: [{source: {${source}}}]${to}}]}}`;
  });

const requestEdge = fc
  .record({
    source: fc.constantFrom(...names),
    destination: fc.constantFrom(...names),
    port: fc.constantFrom(...ports),
    method: fc.constantFrom(...methods),
    path: fc.constantFrom(...paths),
    plaintext: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    denied: fc.boolean(),
  })
  .map(({ source, destination, port, method, path, plaintext, denied }) => {
    const principal = plaintext ? '' : `cluster.local/ns/m/sa/${source}`;
    return request(pod('m', source), pod('m', destination), port, `${method} ${path}`, {
      principal,
      ...(denied ? { denied: november(21) } : {}),
    });
  });

/** Meshes with strict mutual TLS or without. */
export const authorizationScene: fc.Arbitrary<MeshScene> = fc
  .record({
    policies: fc.uniqueArray(policyText, { maxLength: 2, selector: (text) => /name: p\d/.exec(text)?.[0] }),
    strict: fc.boolean(),
    l7: fc.array(requestEdge, { maxLength: 10 }),
  })
  .map(({ policies, strict, l7 }) => ({
    manifests: [
      ...names.map((name) => deployment('m', name, { account: name })),
      ...policies,
      ...(strict
        ? [
            '{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {namespace: istio-system, name: d}, spec: {mtls: {mode: STRICT}}}',
          ]
        : []),
    ],
    l7,
  }));

type Broken = { readonly [Name in 'allowedStays' | 'withinObserved' | 'deniedStays']: readonly string[] };

/** The three guarantees, request by request. */
export function brokenInMesh(
  { manifests, l7 }: MeshScene,
  mode: RecommendationMode,
  change?: (manifests: readonly Manifest[]) => readonly Manifest[],
): Broken {
  const cluster = clusterOf(manifests);
  const under = profile('generic');
  const edges = readTraffic({ l7 }).connections;
  const result = recommend({ cluster, profile: under, edges, kind: 'authorization', mode, now: november(25) });
  const given = change === undefined ? result.manifests : change(result.manifests);
  const replaced = new Set(result.replaces.map(refText));
  const kept = cluster.policies.filter(({ ref }) => !replaced.has(refText(ref)));
  const before = compileAuthorization(cluster, under.authorization);
  const after = before.with([...kept, ...given.map(manifestPolicy)]);
  const young = new Set(given.map((manifest) => refText(manifestRef(manifest))));
  const isSelected = (name: string): boolean =>
    after
      .applying({ namespace: 'm', workload: { kind: 'Deployment', namespace: 'm', name }, port: 80 })
      .some(({ ref }) => young.has(refText(ref)));
  const { sightings } = surveyOf({ cluster, edges });
  const broken: { -readonly [Name in keyof Broken]: string[] } = {
    allowedStays: [],
    withinObserved: [],
    deniedStays: [],
  };
  for (const sighting of sightings) {
    const question = authorizationQuestion(sighting);
    if (
      question === undefined ||
      sighting.destination.kind !== 'pods' ||
      !isSelected(sighting.destination.workload.ref.name)
    )
      continue;
    // Policies that get a new text judged before: what they did not let through for sure is not theirs to keep.
    const was = mode !== 'tighten-existing' || before.outcome(question) === 'allowed';
    if (sighting.verdict === 'allowed' && was && after.outcome(question) !== 'allowed')
      broken.allowedStays.push(JSON.stringify(question));
    if (sighting.verdict === 'denied' && after.outcome(question) !== 'denied' && !isListed(result))
      broken.deniedStays.push(JSON.stringify(question));
  }
  for (const name of names)
    if (isSelected(name)) broken.withinObserved.push(...surplus(name, { after, young, l7, result }));
  return broken;
}

function isListed({ conflicts }: Recommendation): boolean {
  return conflicts.some(({ kind }) => kind === 'denied-but-allowed-by-policy');
}

/** Everything that is let through, for sure and by no policy that stays, and was never seen to be. */
function surplus(
  name: string,
  {
    after,
    young,
    l7,
    result,
  }: {
    readonly after: AuthorizationEngine;
    readonly young: ReadonlySet<string>;
    readonly l7: readonly L7Edge[];
    readonly result: Recommendation;
  },
): readonly string[] {
  const destination = { namespace: 'm', workload: { kind: 'Deployment', namespace: 'm', name } };
  const all = [...names, 'stranger'].flatMap((source) =>
    ports.flatMap((port) =>
      [...methods, 'PUT'].flatMap((method) =>
        ['/x', '/x/1', '/x/1/2', '/y', '/z'].map((path) => ({ source, port, method, path })),
      ),
    ),
  );
  return all.flatMap(({ source, port, method, path }) => {
    const question: AuthorizationRequest = {
      source: { namespace: 'm', principal: `cluster.local/ns/m/sa/${source}` },
      destination: { ...destination, port },
      protocol: 'TCP',
      http: { method, path, host: 'cart', headers: {} },
    };
    if (
      after.outcome(question) !== 'allowed' ||
      after.matching(question).some(({ policy }) => !young.has(refText(policy)))
    )
      return [];
    const seen = l7.some(
      (each) =>
        each.verdicts[0]?.verdict === 1 &&
        isOneOf(each.destination?.workload?.name ?? '', name, result) &&
        each.source?.principal === `cluster.local/ns/m/sa/${source}` &&
        each.port === port &&
        each.method === method &&
        (each.pathTemplate === path || (each.pathTemplate === '/x/{id}' && /^\/x\/[^/]+$/.test(path))),
    );
    return seen ? [] : [`${source} → ${name}:${port} ${method} ${path}`];
  });
}

/** Whether it is the same workload, or one policy is about both, and that is listed. */
function isOneOf(seen: string, name: string, { generalisations }: Recommendation): boolean {
  if (seen === name) return true;
  return generalisations.some(({ kind, observed, alsoReaches }) => {
    const group = [observed.slice('traffic of '.length), ...alsoReaches.map(refText)];
    return kind === 'shared-labels' && [seen, name].every((each) => group.includes(`m/${each}[Deployment]`));
  });
}
