import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compilePeerAuthentication, modesInForce } from '../src/authorization/peer-authentication.ts';
import type { Policy } from '../src/model/policy.ts';
import { arbitraryRequest, asQuestion } from '../src/testing/authorization/arbitrary-authorization.ts';
import { arbitraryAuthorizations, arbitraryPeers, meshRoot } from '../src/testing/authorization/arbitrary-mesh.ts';
import type { MeshObject } from '../src/testing/authorization/arbitrary-mesh.ts';
import { testEngine, testPod } from '../src/testing/authorization/mesh.ts';
import { rbacAllows } from '../src/testing/envoy-rbac/evaluate-rbac.ts';
import { ztunnelAllows } from '../src/testing/ztunnel/evaluate-authorization.ts';
import { startIstioAuthz } from './istio-authz.ts';
import type { IstioAnswer, IstioAuthz, IstioQuestion } from './istio-authz.ts';

/** Meshes of a test; each is asked with eight requests. */
const runs = 4_000;
const requestsEach = 8;

const labels = { app: 'web', tier: 'front' };
const profile = { rootNamespace: meshRoot, trustDomain: 'td.test', trustDomainAliases: ['old-td'] };
const requests = fc.array(arbitraryRequest, { minLength: requestsEach, maxLength: requestsEach });

let istio: IstioAuthz;
beforeAll(async () => {
  istio = await startIstioAuthz();
});
afterAll(async () => {
  await istio[Symbol.asyncDispose]();
});

test.each([
  ['HTTP', false],
  ['TCP', true],
])(
  'given any policies and %s requests, when asked, then a sidecar decides as by the configuration of istiod',
  async (_, tcp) => {
    await fc.assert(
      fc.asyncProperty(arbitraryAuthorizations, requests, async (policies, all) => {
        const answer = await istio.ask(question(policies));
        const engine = engineOf(policies, 'sidecar');
        expect(refused(engine.problems)).toEqual(refusedByIstio(answer));
        for (const each of all) {
          const request = tcp ? { ...each, http: undefined, claims: {} } : each;
          const filters = tcp ? answer.tcp : answer.http;
          // A filter of dry-run policies only has no rules and lets everything pass.
          const allowed = filters.every(({ rules }) => rbacAllows(rules, request));
          expect(engine.outcome(asQuestion(request)), JSON.stringify(request)).toBe(allowed ? 'allowed' : 'denied');
        }
      }),
      { numRuns: runs },
    );
  },
);

test('given any policies, when asked, then ztunnel decides as by what istiod gives it', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryAuthorizations, requests, async (policies, all) => {
      const answer = await istio.ask(question(policies));
      const engine = engineOf(policies, 'ztunnel');
      const given = answer.ztunnel.filter(({ selected }) => selected).map(({ authorization }) => authorization);
      for (const request of all) {
        const allowed = ztunnelAllows(given, request);
        expect(engine.outcome(asQuestion(request)), JSON.stringify(request)).toBe(allowed ? 'allowed' : 'denied');
      }
    }),
    { numRuns: runs },
  );
});

test('given any PeerAuthentications, when a mode is looked for, then it is the one that istiod composes', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryPeers, async (objects) => {
      const answer = await istio.ask(question(objects));
      const compiled = asPolicies(objects).map(compilePeerAuthentication);
      expect(refused(compiled.flatMap(({ problems }) => problems))).toEqual(refusedByIstio(answer));
      const peers = compiled.flatMap((each) => each.compiled ?? []);
      const target = { namespace: 'default', labels: new Map(Object.entries(labels)) };
      for (const port of [80, 8080, 443, 1]) {
        const modes = modesInForce(peers, target, port, { rootNamespace: meshRoot, ztunnel: false });
        expect(modes.map(({ mode }) => mode)).toEqual([answer.ports[port] ?? answer.mode]);
      }
    }),
    { numRuns: runs },
  );
});

function question(policies: readonly MeshObject[]): IstioQuestion {
  return { ...profile, namespace: 'default', labels, policies };
}

function engineOf(policies: readonly MeshObject[], dataPlane: 'sidecar' | 'ztunnel') {
  return testEngine({ pods: [testPod({ labels })], policies: asPolicies(policies) }, { ...profile, dataPlane });
}

function asPolicies(objects: readonly MeshObject[]): Policy[] {
  return objects.map(({ kind, namespace, name, annotations, spec }) => ({
    ref: { kind, namespace, name },
    apiVersion: 'security.istio.io/v1',
    labels: new Map(),
    annotations: new Map(Object.entries(annotations)),
    specs: [{ path: 'spec', body: spec }],
    source: 'generated',
  }));
}

function refused(problems: ReturnType<typeof compilePeerAuthentication>['problems']): string[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return [...new Set(errors.map(({ object }) => `${object?.kind}/${object?.namespace}/${object?.name}`))].toSorted();
}

function refusedByIstio({ invalid }: IstioAnswer): string[] {
  return Object.keys(invalid).toSorted();
}
