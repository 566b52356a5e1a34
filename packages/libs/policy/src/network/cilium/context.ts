import type { Cause } from '../../model/cause.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { CiliumProfile } from '../../model/profile.ts';
import { problemsUnder } from '../../parse/read-spec.ts';

/** What translating one policy needs to know, and where it reports to. */
export interface PolicyContext {
  readonly policy: Policy;
  /** Empty for clusterwide policies. */
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly profile: CiliumProfile;
  /** Everything found so far. */
  readonly problems: Problem[];
}

/** Reports a finding of the policy. */
export function report(
  { policy, problems }: PolicyContext,
  rest: Pick<Problem, 'severity' | 'code' | 'path' | 'message'>,
): void {
  problems.push({ object: policy.ref, source: policy.source, ...rest });
}

/** Reports something valid that has not the effect its author probably meant. */
export function ineffective(context: PolicyContext, path: string, message: string): void {
  report(context, { severity: 'warning', code: 'ineffective', path, message });
}

/** Fields at a path or below it that the engine does not know, but those that `elsewhere` says belong to another part. */
export function unknownFields(
  { problems }: PolicyContext,
  path: string,
  elsewhere: (path: string) => boolean = () => false,
): readonly Cause[] {
  return problemsUnder(problems, path, 'unsupported')
    .filter((each) => each.severity !== 'info' && !elsewhere(each.path))
    .map((each) => ({ code: 'unsupported', message: `${each.path}: ${each.message}` }));
}
