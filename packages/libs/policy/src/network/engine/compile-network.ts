import type { Cluster } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import type { EndpointQuery } from '../peer.ts';
import type { Translation } from '../rule.ts';
import { blocksOf } from './blocks.ts';
import type { Blocks } from './blocks.ts';
import { CompiledRules, UniverseIndex } from './compile-rules.ts';
import { ConnectionEnds } from './connection-ends.ts';
import { sameSurroundings, Translator } from './families.ts';
import type { TranslationContext } from './families.ts';
import { mergedEngine } from './merged-engine.ts';
import type { NetworkEngine } from './network-engine.ts';
import { Resolver } from './resolve.ts';
import { SingleEngine } from './single-engine.ts';
import { Universe } from './universe.ts';

/** How policies are compiled. */
export interface CompileOptions {
  readonly profile: NetworkProfile;
  /** Endpoints that only traffic knows: put into the indexes, so that questions about them are as quick as others. */
  readonly ghosts?: readonly EndpointQuery[];
}

/** Compiles a cluster's network policies. Never throws on what policies say: it is in `problems`. */
export function compileNetwork(cluster: Cluster, options: CompileOptions): NetworkEngine {
  return compileOver(undefined, sourcesOf(cluster, options), options);
}

/**
 * Two policy sets over one universe: a peer has the same index in both, and ranges are cut at the blocks of both. Pods and
 * nodes are those of `after`.
 */
export function compilePair(
  before: Cluster,
  after: Cluster,
  options: CompileOptions,
): { before: NetworkEngine; after: NetworkEngine } {
  const old = sourcesOf(before, options);
  const young = sameSurroundings(before, after)
    ? old.map((source) => ({ ...source, cluster: after, translation: source.translator.translate(after.policies) }))
    : sourcesOf(after, options);
  const world = makeWorld(after, options, blocksOf([...old, ...young].map((source) => source.translation)));
  return { before: compileOver(world, old, options), after: compileOver(world, young, options) };
}

/** Rules made by hand over a cluster: for tests of the engine without any family of policies. */
export function compileRules(
  cluster: Cluster,
  translation: Pick<Translation, 'rules' | 'isolations'> & { readonly problems?: readonly Problem[] },
  options: CompileOptions,
): NetworkEngine {
  const whole: Translation = { problems: [], ...translation };
  const sources = profilesOf(options.profile).map((profile) => {
    const translator = new Translator({ cluster, profile });
    return { cluster, profile, translator, translation: whole };
  });
  return compileOver(undefined, sources, options);
}

/** Policies under one profile. */
interface Source {
  readonly cluster: Cluster;
  readonly profile: TranslationContext['profile'];
  readonly translator: Translator;
  readonly translation: Translation;
}

/** A universe with all that is shared over it. */
interface World {
  readonly index: UniverseIndex;
  readonly resolver: Resolver;
  readonly ends: ConnectionEnds;
}

/** An unknown profile is both. */
function profilesOf(profile: NetworkProfile): TranslationContext['profile'][] {
  return profile.kind === 'unknown' ? [{ kind: 'generic' }, CILIUM_DEFAULTS] : [profile];
}

function sourcesOf(cluster: Cluster, { profile }: CompileOptions): Source[] {
  return profilesOf(profile).map((each) => {
    const translator = new Translator({ cluster, profile: each });
    return { cluster, profile: each, translator, translation: translator.translate(cluster.policies) };
  });
}

function makeWorld(cluster: Cluster, { profile, ghosts = [] }: CompileOptions, blocks: Blocks): World {
  const { clusterName } = profile.kind === 'cilium' ? profile : CILIUM_DEFAULTS;
  const nodesNameCluster = profile.kind === 'cilium' && profile.nodeSelectorLabels === true;
  const universe = new Universe({ cluster, clusterName, nodesNameCluster, ...blocks });
  universe.seal();
  const resolver = new Resolver(universe);
  for (const ghost of ghosts) resolver.resolve(ghost);
  return { index: new UniverseIndex(universe), resolver, ends: new ConnectionEnds(universe, resolver) };
}

function compileOver(given: World | undefined, sources: readonly Source[], options: CompileOptions): NetworkEngine {
  const [first] = sources;
  if (first === undefined) throw new Error('nothing to compile');
  const blocks = blocksOf(sources.map((source) => source.translation));
  const fits = given?.index.universe.holds(blocks.blocks, blocks.reachingBlocks) ?? false;
  const world = given !== undefined && fits ? given : makeWorld(first.cluster, options, blocks);
  const withPolicies = (policies: readonly Policy[]): NetworkEngine => {
    const next = sources.map((source) => ({ ...source, translation: source.translator.translate(policies) }));
    return compileOver(world, next, options);
  };
  const engines = sources.map(
    ({ cluster, profile, translation }) =>
      new SingleEngine({
        cluster,
        compiled: new CompiledRules(world.index, translation, profile),
        resolver: world.resolver,
        ends: world.ends,
        problems: [
          ...translation.problems,
          ...assumptions(world.index.universe, blocks),
          ...switchedOff(profile, translation),
        ],
        with: withPolicies,
      }),
  );
  const [engine, other] = engines;
  if (engine === undefined) throw new Error('nothing to compile');
  return other === undefined ? engine : mergedEngine(engine, other, withPolicies);
}

/** What was taken for granted because the input does not tell. */
function assumptions({ addressesMissing, families }: Universe, { wholeFamilies }: Blocks): Problem[] {
  if (!addressesMissing || wholeFamilies.length === 0) return [];
  const assumed = [...families].map((family) => `IPv${family}`).join(' and ');
  return [
    {
      severity: 'info',
      code: 'assumed',
      path: '',
      message: `pods without known addresses are taken to have ${assumed} ones, where ${wholeFamilies.join(' or ')} is allowed or denied`,
    },
  ];
}

function switchedOff(profile: NetworkProfile, { rules }: Translation): Problem[] {
  if (rules.length === 0 || profile.kind !== 'cilium' || profile.enablePolicy !== 'never') return [];
  const message = 'enable-policy is never: Cilium enforces no policy at all';
  return [{ severity: 'warning', code: 'ineffective', path: '', message }];
}
