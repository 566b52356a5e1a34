import type { Cause } from '../model/cause.ts';
import type { Problem } from '../model/problem.ts';
import { problemsUnder } from '../parse/read-spec.ts';
import type { PeerTerm, PortTerm } from './rule.ts';

/** A rule as its policy lists it, each part with the place where it stands. */
export interface RuleParts {
  readonly path: string;
  /** Any of them; `everything` where the policy's API takes no list for no restriction. */
  readonly peers: 'everything' | readonly { readonly path: string; readonly terms: readonly PeerTerm[] }[];
  readonly ports: 'all' | readonly { readonly path: string; readonly terms: readonly PortTerm[] }[];
}

/** What a rule matches, as far as it is understood: `unknown` says why it isn't. */
export interface Match {
  readonly path: string;
  readonly peers: readonly PeerTerm[];
  readonly ports: 'all' | readonly PortTerm[];
  readonly unknown: readonly Cause[];
}

const everything: readonly PeerTerm[] = [{ kind: 'everything' }];

/**
 * Splits a rule into what is understood of it and, for each peer or port with a field that the engine does not know, one
 * match that could be anything: so what the other parts match stays certain. An unknown field of the rule itself leaves
 * nothing certain.
 */
export function matchesOf({ path, peers, ports }: RuleParts, problems: readonly Problem[]): readonly Match[] {
  const at = (part: string): readonly Cause[] => unsupportedAt(problems, part);
  const parts = [...(peers === 'everything' ? [] : peers), ...(ports === 'all' ? [] : ports)].map((part) => part.path);
  const unclear = parts.filter((part) => at(part).length > 0);
  const inParts = unclear.reduce((count, part) => count + at(part).length, 0);
  if (at(path).length > inParts) return [{ path, peers: everything, ports: 'all', unknown: at(path) }];
  const clear = <T>(list: readonly { readonly path: string; readonly terms: readonly T[] }[]): T[] =>
    list.filter((part) => !unclear.includes(part.path)).flatMap((part) => part.terms);
  const certain: Match = {
    path,
    peers: peers === 'everything' ? everything : clear(peers),
    ports: ports === 'all' ? 'all' : clear(ports),
    unknown: [],
  };
  return [
    certain,
    ...unclear.map((part): Match => ({ path: part, peers: everything, ports: 'all', unknown: at(part) })),
  ];
}

/** Causes for the fields at or below a path that the engine does not know. */
export function unsupportedAt(problems: readonly Problem[], path: string): readonly Cause[] {
  return causesOf(problemsUnder(problems, path, 'unsupported'));
}

/** Causes for the unknown fields of a body that are no part of a rule: they could change the policy as a whole. */
export function unsupportedOverall(problems: readonly Problem[], specPath: string): readonly Cause[] {
  const ofRules = [`${specPath}.ingress[`, `${specPath}.egress[`];
  return causesOf(
    problems.filter(({ code, path }) => code === 'unsupported' && !ofRules.some((prefix) => path.startsWith(prefix))),
  );
}

function causesOf(problems: readonly Problem[]): readonly Cause[] {
  return problems.map(({ path, message }) => ({ code: 'unsupported', message: `${path}: ${message}` }));
}
