import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryRequest, arbitrarySpecs, asPolicies, asQuestion } from '../authorization/arbitrary-authorization.ts';
import { testEngine } from '../authorization/mesh.ts';
import { compileRbac } from './compile-rbac.ts';
import { rbacAllows } from './evaluate-rbac.ts';

/** Cases of a run; the long suite has more. */
const runs = 400;

test.each([
  ['HTTP', false],
  ['TCP', true],
])("given any policies and %s requests, when asked, then the engine says what gRPC's RBAC engine says", (_, tcp) => {
  fc.assert(
    fc.property(arbitrarySpecs, fc.array(arbitraryRequest, { minLength: 8, maxLength: 8 }), (specs, requests) => {
      const engine = testEngine({ policies: asPolicies(specs) });
      expect(engine.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const deny = compileRbac(specs, 'DENY', tcp);
      const allow = compileRbac(specs, 'ALLOW', tcp);
      for (const request of requests) {
        const asked = tcp ? { ...request, http: undefined, claims: {} } : request;
        const expected = rbacAllows(deny, asked) && rbacAllows(allow, asked) ? 'allowed' : 'denied';
        expect(engine.outcome(asQuestion(asked)), JSON.stringify(asked)).toBe(expected);
      }
    }),
    { numRuns: runs },
  );
});
