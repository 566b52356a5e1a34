import type { PolicySpec } from '@kestrel/proto/events';
import { UnknownSelection } from './requirement.ts';
import { NOTHING_KNOWN, type Selection } from './selection.ts';

/** A policy, as far as its selection depends on it. */
export interface PolicySource {
  readonly namespace: string;
  readonly policy: Pick<PolicySpec, 'spec' | 'specs'>;
}

/** Reads what the policies of one kind select. May throw UnknownSelection. */
export type SelectionReader = (source: PolicySource) => Selection;

/** The selection, where an UnknownSelection becomes its `unknown`. */
export function readSelection(reader: SelectionReader, source: PolicySource): Selection {
  try {
    return reader(source);
  } catch (error) {
    if (error instanceof UnknownSelection) return NOTHING_KNOWN(error.message);
    throw error;
  }
}
