import type { Translation } from '../rule.ts';
import { blockOfTerm, isWholeFamily } from './address-match.ts';

/** Blocks of addresses that rules name. */
export interface Blocks {
  readonly blocks: readonly string[];
  /** Those that can match pods, nodes or the API server by their address. */
  readonly reachingBlocks: readonly string[];
  /** Those of the reaching ones that are a whole family. */
  readonly wholeFamilies: readonly string[];
}

/** All blocks of some translations. */
export function blocksOf(translations: readonly Translation[]): Blocks {
  const blocks = new Set<string>();
  const reachingBlocks = new Set<string>();
  const wholeFamilies = new Set<string>();
  for (const { rules } of translations) {
    for (const { peers } of rules) {
      for (const term of peers) {
        if (term.kind !== 'addresses') continue;
        const { cidr, except, reaches } = term;
        for (const each of [cidr, ...except]) {
          blocks.add(each);
          if (reaches.pods || reaches.nodes || reaches.apiServer) reachingBlocks.add(each);
        }
        const block = blockOfTerm(term);
        if (reaches.pods && block !== undefined && isWholeFamily(block)) wholeFamilies.add(cidr);
      }
    }
  }
  return { blocks: [...blocks], reachingBlocks: [...reachingBlocks], wholeFamilies: [...wholeFamilies] };
}
