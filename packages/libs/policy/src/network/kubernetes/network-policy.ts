import { z } from 'zod';
import { cidrText, parseCidr, rangeCovers } from '../../address/cidr.ts';
import type { Policy, ReadResult } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { problemsUnder, readSpec } from '../../parse/read-spec.ts';
import { labelSelectorSchema, orNull } from '../label-selector.ts';

// networking.k8s.io/v1 NetworkPolicy: what the API server accepts, and the defaults that it sets.
// Source: kubernetes v1.36 pkg/apis/networking/validation/validation.go and pkg/apis/networking/v1/defaults.go.

const portMax = 65_535;
const portNameLengthMax = 15;

/** Whether a text can be a port's name (IANA_SVC_NAME; apimachinery util/validation IsValidPortName). */
export function isPortName(text: string): boolean {
  return (
    text.length <= portNameLengthMax &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) &&
    /[a-z]/.test(text) &&
    !text.includes('--')
  );
}

const isPort = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= portMax;

/** A list of structs: the Go decoder takes null for no list, and a null element for an empty struct. */
const structs = <T>(element: z.ZodType<T>): z.ZodType<T[]> =>
  orNull(z.array(z.preprocess((value) => value ?? {}, element))).transform((list) => list ?? []);

const port = z
  .strictObject({
    protocol: orNull(z.enum(['TCP', 'UDP', 'SCTP'])).transform((protocol) => protocol ?? ('TCP' as const)),
    port: orNull(z.union([z.number(), z.string()], { error: 'must be a number or the name of a port' })),
    endPort: orNull(z.number()),
  })
  .superRefine(({ port: from, endPort }, context) => {
    const issue = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (typeof from === 'number' && !isPort(from)) issue('port', `must be a whole number from 1 to ${portMax}`);
    if (typeof from === 'string' && !isPortName(from)) {
      issue('port', 'must be a port name: at most 15 of a-z, 0-9 and single inner hyphens, with a letter');
    }
    if (endPort === undefined) return;
    if (from === undefined) issue('endPort', 'may not be specified when port is not specified');
    else if (typeof from === 'string') issue('endPort', 'may not be specified when port is a name');
    else if (!isPort(endPort)) issue('endPort', `must be a whole number from 1 to ${portMax}`);
    else if (endPort < from) issue('endPort', 'must be greater than or equal to port');
  });

const ipBlock = z
  .strictObject({
    cidr: orNull(z.string()).transform((cidr) => cidr ?? ''),
    except: orNull(z.array(z.string())).transform((list) => list ?? []),
  })
  .superRefine(({ cidr, except }, context) => {
    const block = parseCidr(cidr);
    if (block === undefined) {
      context.addIssue({ code: 'custom', path: ['cidr'], message: 'must be a CIDR, for example 10.9.8.0/24' });
    }
    for (const [index, text] of except.entries()) {
      const part = parseCidr(text);
      const issue = (message: string): void => context.addIssue({ code: 'custom', path: ['except', index], message });
      if (part === undefined) issue('must be a CIDR, for example 10.9.8.0/24');
      else if (block !== undefined && !(rangeCovers(block, part) && part.prefix > block.prefix)) {
        issue('must lie within cidr and be smaller than it');
      }
    }
  });

const peer = z
  .strictObject({
    podSelector: orNull(labelSelectorSchema),
    namespaceSelector: orNull(labelSelectorSchema),
    ipBlock: orNull(ipBlock),
  })
  .refine((value) => value.ipBlock === undefined || !(value.podSelector ?? value.namespaceSelector), {
    error: 'may not specify both ipBlock and another peer',
  });

const policyTypes = orNull(
  z.array(z.enum(['Ingress', 'Egress'])).max(2, { error: 'may not specify more than two policyTypes' }),
);

const networkPolicySchema = z
  .strictObject({
    podSelector: orNull(labelSelectorSchema).transform((selector) => selector ?? {}),
    ingress: structs(z.strictObject({ from: structs(peer), ports: structs(port) })),
    egress: structs(z.strictObject({ to: structs(peer), ports: structs(port) })),
    policyTypes,
  })
  .transform((spec) => ({ ...spec, policyTypes: defaultedTypes(spec.policyTypes, spec.egress.length > 0) }));

/** `Ingress` always, `Egress` only where there are egress rules: `egress: []` alone does not isolate egress. */
function defaultedTypes(
  given: readonly ('Ingress' | 'Egress')[] | undefined,
  hasEgress: boolean,
): readonly ('Ingress' | 'Egress')[] {
  if (given !== undefined && given.length > 0) return given;
  return hasEgress ? ['Ingress', 'Egress'] : ['Ingress'];
}

/** A NetworkPolicy's spec with all defaults set: absent lists are empty, absent protocols are TCP. */
export type NetworkPolicySpec = z.infer<typeof networkPolicySchema>;

/** One entry of `from` or `to`. None of the three fields: a kind of peer that the engine does not know. */
export type NetworkPolicyPeer = NetworkPolicySpec['ingress'][number]['from'][number];

/** One entry of `ports`. */
export type NetworkPolicyPort = NetworkPolicySpec['ingress'][number]['ports'][number];

/** One rule of either direction, and the place where it and its peers stand. */
export interface NetworkPolicyRule {
  readonly path: string;
  readonly peersPath: string;
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

/** Rules of a direction with their paths below `path`, the spec's. */
export function rulesOf(spec: NetworkPolicySpec, direction: 'ingress' | 'egress', path: string): NetworkPolicyRule[] {
  const rule = (index: number, peers: string): Pick<NetworkPolicyRule, 'path' | 'peersPath'> => {
    const at = `${path}.${direction}[${index}]`;
    return { path: at, peersPath: `${at}.${peers}` };
  };
  return direction === 'ingress'
    ? spec.ingress.map(({ from, ports }, index) => ({ ...rule(index, 'from'), peers: from, ports }))
    : spec.egress.map(({ to, ports }, index) => ({ ...rule(index, 'to'), peers: to, ports }));
}

/** Reads a NetworkPolicy as the API server would; unknown fields are reported and left out. Never throws. */
export function readNetworkPolicy(policy: Policy): ReadResult<NetworkPolicySpec> {
  const [body = { path: 'spec', body: {} }] = policy.specs;
  const read = readSpec(networkPolicySchema, body, policy);
  if (read.value === undefined) return read;
  const missing = missingPeers(policy, read.value, body.path, read.problems);
  return missing.length === 0 ? read : { value: undefined, problems: [...read.problems, ...missing] };
}

/** A peer without any field is refused, unless it had one that was left out because the engine does not know it. */
function missingPeers(
  policy: Policy,
  spec: NetworkPolicySpec,
  path: string,
  problems: readonly Problem[],
): readonly Problem[] {
  const rules = [...rulesOf(spec, 'ingress', path), ...rulesOf(spec, 'egress', path)];
  return rules.flatMap(({ peersPath, peers }) =>
    peers.flatMap((each, index): Problem[] => {
      const at = `${peersPath}[${index}]`;
      if (each.podSelector ?? each.namespaceSelector ?? each.ipBlock) return [];
      if (problemsUnder(problems, at, 'unsupported').length > 0) return [];
      const message = 'must specify a peer: podSelector, namespaceSelector or ipBlock';
      return [{ severity: 'error', code: 'invalid', object: policy.ref, source: policy.source, path: at, message }];
    }),
  );
}

/** Canonical text of a block that was validated; bits behind the prefix are cut off. */
export function blockText(cidr: string): string {
  const block = parseCidr(cidr);
  if (block === undefined) throw new Error(`not validated: ${cidr}`);
  return cidrText(block);
}
