import type { Cause } from '../model/cause.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { problemsUnder, readSpec } from '../parse/read-spec.ts';
import { readAttachment } from './attachment.ts';
import type { Attachment } from './attachment.ts';
import { envoyRule } from './envoy-rule.ts';
import type { EnvoyChain, RuleContext } from './envoy-rule.ts';
import type { Condition } from './facts.ts';
import type { AuthorizationPolicySpec, AuthorizationRule } from './schema.ts';
import { UNKNOWN, YES } from './tri.ts';
import type { TrustDomains } from './trust-domain.ts';
import { checkedAuthorizationPolicySchema } from './validation.ts';
import { ztunnelRule } from './ztunnel-rule.ts';

/** How rules are enforced: by Envoy on requests or connections, or by ztunnel. */
export type Enforcement = EnvoyChain | 'ztunnel';

/** A rule ready to be asked. */
export interface CompiledRule {
  /** `spec.rules[2]`. */
  readonly path: string;
  /** Names the rule among all rules of all policies, whatever enforces them. */
  readonly key: string;
  readonly written: { readonly policy: ObjectRef; readonly path: string };
  readonly matches: Condition;
}

/** An AuthorizationPolicy ready to be asked. */
export interface CompiledPolicy {
  readonly policy: Policy;
  readonly action: RuleContext['action'];
  /** Only reported, never enforced. */
  readonly dryRun: boolean;
  readonly attachment: Attachment;
  /** A part of it outside of its rules is not known: whether it applies can't be told. */
  readonly unsupported: Cause | undefined;
  readonly rules: Readonly<Record<Enforcement, readonly CompiledRule[]>>;
}

const dryRunAnnotation = 'istio.io/dry-run';

/** Reads, checks and compiles one AuthorizationPolicy. An invalid one gives problems only, as istiod never sees it. */
export function compilePolicy(
  policy: Policy,
  trustDomains: TrustDomains,
): { readonly compiled: CompiledPolicy | undefined; readonly problems: readonly Problem[] } {
  const body = policy.specs[0] ?? { path: 'spec', body: {} };
  const { value: spec, problems } = readSpec(checkedAuthorizationPolicySchema, body, policy);
  const dryRun = readDryRun(policy, spec?.action);
  const all = [...problems, ...dryRun.problems];
  if (spec === undefined || dryRun.value === undefined) return { compiled: undefined, problems: all };
  const context: RuleContext = { namespace: policy.ref.namespace, trustDomains, action: spec.action };
  const compile = (one: (rule: AuthorizationRule) => Condition | undefined): CompiledRule[] =>
    (spec.rules ?? []).flatMap((rule, index) => {
      const path = `${body.path}.rules[${index}]`;
      const key = `${refText(policy.ref)} ${path}`;
      const written = { policy: policy.ref, path };
      const matches = one(rule);
      const unknown = problemsUnder(problems, path, 'unsupported');
      return matches === undefined
        ? []
        : [{ path, key, written, matches: unknown.length === 0 ? matches : doubted(matches, unknown) }];
    });
  const outside = problems.find(({ code, path }) => code === 'unsupported' && !path.startsWith(`${body.path}.rules[`));
  const compiled: CompiledPolicy = {
    policy,
    action: spec.action,
    dryRun: dryRun.value,
    attachment: readAttachment(policy.ref.namespace, spec),
    unsupported: outside && { code: 'unsupported', message: `${outside.path}: ${outside.message}` },
    rules: {
      http: compile((rule) => envoyRule(rule, 'http', context)),
      tcp: compile((rule) => envoyRule(rule, 'tcp', context)),
      ztunnel: compile((rule) => ztunnelRule(rule, context)),
    },
  };
  return { compiled, problems: [...all, ...ineffective(policy, spec, body.path)] };
}

/** A rule with unknown parts: where it would match, it can't be told whether it does. */
function doubted(matches: Condition, unknown: readonly Problem[]): Condition {
  return (facts, missing) => {
    const answer = matches(facts, missing);
    if (answer !== YES) return answer;
    for (const { path } of unknown) missing(`the meaning of ${path}`, 'unsupported');
    return UNKNOWN;
  };
}

/** As Go's strconv.ParseBool; istiod's webhook refuses anything else, and any value with other actions. */
function readDryRun(
  { ref, source, annotations }: Policy,
  action: AuthorizationPolicySpec['action'] | undefined,
): { readonly value: boolean | undefined; readonly problems: readonly Problem[] } {
  const text = annotations.get(dryRunAnnotation);
  if (text === undefined) return { value: false, problems: [] };
  const path = `metadata.annotations[${JSON.stringify(dryRunAnnotation)}]`;
  const refused = (message: string): ReturnType<typeof readDryRun> => ({
    value: undefined,
    problems: [{ severity: 'error', code: 'invalid', object: ref, source, path, message }],
  });
  if (action === 'CUSTOM' || action === 'AUDIT') return refused(`is not supported with action ${action}`);
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return { value: true, problems: [] };
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? { value: false, problems: [] } : refused(`"${text}" is no boolean`);
}

/** What istiod warns of, and what never has an effect. */
function ineffective({ ref, source }: Policy, spec: AuthorizationPolicySpec, base: string): Problem[] {
  const problems: Problem[] = [];
  const warn = (path: string, message: string): void =>
    void problems.push({ severity: 'warning', code: 'ineffective', object: ref, source, path, message });
  if (spec.selector !== undefined && Object.keys(spec.selector.matchLabels ?? {}).length === 0) {
    warn(`${base}.selector`, 'the selector names no labels: it selects every workload of its scope');
  }
  for (const [index, { from = [], to = [] }] of (spec.rules ?? []).entries()) {
    const sources = from.map((each) => each.source);
    const seenInFrom = sources.some((each) =>
      Object.keys(each).some((field) => !/^(not)?(RequestPrincipals|TrustDomains)$/i.test(field)),
    );
    const seenInTo = to.some(({ operation }) => operation.ports !== undefined || operation.notPorts !== undefined);
    const onlyHttp = (from.length > 0 && to.length === 0 && !seenInFrom) || (to.length > 0 && !seenInTo);
    if (spec.action === 'DENY' && onlyHttp) {
      warn(
        `${base}.rules[${index}]`,
        'denies all connections to TCP ports in its scope, since it has only HTTP fields; name the ports it is meant for',
      );
    }
  }
  // istiod's webhook refuses it. What it says is clear: nothing; so it spoils no result.
  if ((spec.action === 'CUSTOM' || spec.action === 'DENY') && (spec.rules ?? []).length === 0) {
    warn(
      `${base}.rules`,
      `refused by istiod: ${spec.action} without rules never matches; an empty rule {} always does`,
    );
  }
  if (spec.action === 'AUDIT') warn(`${base}.action`, 'AUDIT decides nothing');
  return problems;
}
