import type { Outcome } from '../model/cause.ts';
import type { CompiledRule } from './compiled-policy.ts';
import type { AppliedPolicies } from './decide.ts';
import type { KnownEndpoints } from './known-endpoints.ts';
import type { PolicySet } from './policy-set.ts';
import { RecentCache } from '../cache/recent-cache.ts';
import { spaceDelimitedClaims } from './request-authentication.ts';
import { RequestFacts, httpFacts } from './request-facts.ts';
import type { Asked } from './request-facts.ts';
import type { AuthorizationDestination, AuthorizationRequest } from './request.ts';
import { scenarioOutcome } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { principalsFor } from './source.ts';
import { NO, YES } from './tri.ts';
import { Ways, chainOf } from './ways.ts';
import type { Way } from './ways.ts';

/** The ways to so many ports of destinations are remembered. */
const waysMax = 200_000;

const nothingMissing = (): void => undefined;

/** Makes the scenarios of requests. */
export class Scenarios {
  readonly #endpoints: KnownEndpoints;
  readonly #ways: Ways;
  /** Who asks again with the same object need not wait for its key. */
  readonly #asked = new WeakMap<AuthorizationDestination, readonly Way[]>();
  readonly #known = new RecentCache<string, readonly Way[]>(waysMax);
  readonly #spaceDelimited: Asked['spaceDelimitedClaims'];

  constructor(endpoints: KnownEndpoints, set: PolicySet) {
    const { index, profile } = endpoints;
    this.#endpoints = endpoints;
    this.#ways = new Ways(index, profile, set);
    this.#spaceDelimited = ({ destination, jwt }) =>
      spaceDelimitedClaims(set.requests, [profile.rootNamespace, destination.namespace], jwt?.claims['iss']);
  }

  /** At least one. */
  of(request: AuthorizationRequest): readonly Scenario[] {
    return this.#waysTo(request.destination).flatMap((way) => this.#along(way, request));
  }

  /** Policies at a destination, one entry for each data plane and way to it. */
  appliedAt(destination: AuthorizationDestination): readonly AppliedPolicies[] {
    return this.#waysTo(destination).map(({ applied }) => applied);
  }

  /** What all scenarios come to, or `unknown`. */
  outcome(request: AuthorizationRequest): Outcome {
    let found: Outcome | undefined;
    for (const way of this.#waysTo(request.destination)) {
      if (way.free) {
        if (found === 'denied') return 'unknown';
        found = 'allowed';
        continue;
      }
      for (const scenario of this.#along(way, request)) {
        const outcome = scenarioOutcome(scenario);
        if (outcome === 'unknown' || (found !== undefined && found !== outcome)) return 'unknown';
        found = outcome;
      }
    }
    return found ?? 'unknown';
  }

  /** Rules that certainly match in all scenarios. */
  matching(request: AuthorizationRequest): readonly CompiledRule[] {
    let found: readonly CompiledRule[] | undefined;
    for (const way of this.#waysTo(request.destination)) {
      const rules = way.unseen ? [] : way.certain[chainOf(way, request)];
      if (rules.length === 0) return [];
      for (const { facts } of this.#along(way, request)) {
        const matching = rules.filter((rule) => rule.matches(facts, nothingMissing) === YES);
        found = found === undefined ? matching : found.filter(({ key }) => matching.some((rule) => rule.key === key));
        if (found.length === 0) return [];
      }
    }
    return found ?? [];
  }

  /** Rules that match in a scenario, or may. */
  possible(request: AuthorizationRequest): readonly CompiledRule[] {
    const found = new Map<string, CompiledRule>();
    for (const way of this.#waysTo(request.destination)) {
      const rules = way.certain[chainOf(way, request)];
      if (rules.length === 0) continue;
      for (const { facts } of this.#along(way, request)) {
        for (const rule of rules) if (rule.matches(facts, nothingMissing) !== NO) found.set(rule.key, rule);
      }
    }
    return [...found.values()];
  }

  #waysTo(destination: AuthorizationDestination): readonly Way[] {
    let ways = this.#asked.get(destination);
    if (ways === undefined) {
      const { port } = destination;
      const key = this.#endpoints.keys.destination(destination);
      ways = this.#known.get(`${key} ${port}`, () =>
        this.#ways.to(this.#endpoints.destinations(key, destination), port),
      );
      this.#asked.set(destination, ways);
    }
    return ways;
  }

  /** One scenario for each mode that may be in force, and each identity that the source may show then. */
  #along(way: Way, request: AuthorizationRequest): readonly Scenario[] {
    const { dataPlane, applied, unseen, name } = way;
    const source = this.#endpoints.source(request.source);
    const chain = chainOf(way, request);
    const http = httpFacts(request.http);
    const asked: Asked = {
      request,
      chain,
      sourceAddresses: source.addresses,
      destinationAddresses: way.addresses,
      spaceDelimitedClaims: this.#spaceDelimited,
    };
    const scenarios: Scenario[] = [];
    for (const mode of way.modes) {
      for (const principal of principalsFor(source, mode.mode, dataPlane)) {
        const facts = new RequestFacts(asked, http, principal);
        scenarios.push({ destination: name, dataPlane, chain, unseen, applied, mode, facts });
      }
    }
    return scenarios;
  }
}
