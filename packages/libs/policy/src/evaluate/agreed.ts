import type { Cause } from '../model/cause.ts';
import type { LineVerdict } from './evaluate-request.ts';

const DIFFERENCE: Cause = { code: 'workload-differs', message: 'the backends of the service get different answers' };

/** The verdict of several backends, any of which may be chosen: what all say, else it can't be told. */
export function agreed([first, ...others]: readonly [LineVerdict, ...LineVerdict[]]): LineVerdict {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const decidedBy = distinct(all.flatMap((verdict) => verdict.decidedBy));
  const differing = others.find(({ allowed }) => allowed !== first.allowed);
  if (differing === undefined) return { ...first, decidedBy };
  const { requestsJudged: _, ...rest } = first;
  return {
    ...rest,
    allowed: null,
    decidedBy,
    reason: `${DIFFERENCE.message}: ${first.reason}; ${differing.reason}`,
    causes: distinct([DIFFERENCE, ...all.flatMap(({ causes = [] }) => causes)]),
  };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
