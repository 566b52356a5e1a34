import { z } from 'zod';
import { canonicalCidr } from '../../address/cidr.ts';
import { labelSelectorSchema } from '../label-selector.ts';
import type { Action, PortTerm } from '../rule.ts';

// policy.networking.k8s.io: AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1) and ClusterNetworkPolicy (v1alpha2),
// with their experimental channels. Source: sigs.k8s.io/network-policy-api v0.2.0, the text and validation markers of
// apis/v1alpha1 and apis/v1alpha2. Each schema reads to the same form, see {@link AdminSpec}.

const rulesMaxOld = 100;
const rulesMaxNew = 25;
const cidrsMax = 25;
const nameLengthMax = 100;

const portNumber = z.int().min(1).max(65_535);
const protocolName = z.enum(['TCP', 'UDP', 'SCTP']);

/** One of several fields must be set. None is left to {@link missingParts}: it may be one that the engine does not know. */
const atMostOne = (value: Readonly<Record<string, unknown>>): boolean =>
  Object.values(value).filter((each) => each !== undefined).length <= 1;
const moreThanOne = { error: 'must have exactly one field' };

const domainName = z
  .string()
  .regex(/^(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/, {
    error: 'must be a domain name, whole or with "*." before it',
  });
const cidr = z.string().transform((text, context) => {
  const canonical = canonicalCidr(text);
  if (canonical === undefined) context.addIssue({ code: 'custom', message: 'must be a CIDR, for example 10.0.0.0/8' });
  return canonical ?? text;
});

const namespacedPod = z.strictObject({ namespaceSelector: labelSelectorSchema, podSelector: labelSelectorSchema });
const podFields = { namespaces: labelSelectorSchema.optional(), pods: namespacedPod.optional() };
const subject = z.strictObject(podFields).refine(atMostOne, moreThanOne);
const baselineEgressFields = {
  ...podFields,
  nodes: labelSelectorSchema.optional(),
  networks: z.array(cidr).min(1).max(cidrsMax).optional(),
};
const baselineEgressPeer = z.strictObject(baselineEgressFields).refine(atMostOne, moreThanOne);
const egressPeer = z
  .strictObject({ ...baselineEgressFields, domainNames: z.array(domainName).min(1).max(cidrsMax).optional() })
  .refine(atMostOne, moreThanOne);

const oldPort = z
  .strictObject({
    portNumber: z.strictObject({ protocol: protocolName.default('TCP'), port: portNumber }).optional(),
    portRange: z.strictObject({ protocol: protocolName.default('TCP'), start: portNumber, end: portNumber }).optional(),
    namedPort: z.string().optional(),
  })
  .refine(atMostOne, moreThanOne)
  .transform(({ portNumber: number, portRange: range, namedPort: name }): PortTerm | undefined => {
    if (number !== undefined) return { protocol: number.protocol, from: number.port, to: number.port };
    if (range !== undefined) return { protocol: range.protocol, from: range.start, to: range.end };
    return name === undefined ? undefined : { protocol: 'any', name };
  });

const newPort = z
  .strictObject({
    number: portNumber.optional(),
    range: z
      .strictObject({ start: portNumber, end: portNumber })
      .refine(({ start, end }) => start < end, { error: 'start must be less than end' })
      .optional(),
  })
  .refine(atMostOne, moreThanOne)
  .transform(({ number, range }) => (number === undefined ? range : { start: number, end: number }));
const transport = z.strictObject({ destinationPort: newPort.optional() }).optional();
const newPorts = z
  .strictObject({
    tcp: transport,
    udp: transport,
    sctp: transport,
    destinationNamedPort: z.string().min(1).optional(),
  })
  .refine(atMostOne, moreThanOne)
  .transform(({ tcp, udp, sctp, destinationNamedPort: name }): PortTerm | undefined => {
    if (name !== undefined) return { protocol: 'any', name };
    const protocol = tcp !== undefined ? 'TCP' : udp !== undefined ? 'UDP' : 'SCTP';
    const port = (tcp ?? udp ?? sctp)?.destinationPort;
    return port === undefined ? undefined : { protocol, from: port.start, to: port.end };
  });

const name = z.string().max(nameLengthMax).optional();
const priority = z.int().min(0).max(1000);
const actions = { Allow: 'allow', Accept: 'allow', Deny: 'deny', Pass: 'pass' } as const satisfies Record<
  string,
  Action
>;
const old = z.enum(['Allow', 'Deny', 'Pass']).transform((action) => actions[action]);
const oldBaseline = z.enum(['Allow', 'Deny']).transform((action) => actions[action]);
const current = z.enum(['Accept', 'Deny', 'Pass']).transform((action) => actions[action]);

const oldPorts = z.array(oldPort).min(1).max(rulesMaxOld).optional();
const oldIngress = { from: z.array(subject).min(1).max(rulesMaxOld), ports: oldPorts, name };
const protocols = z.array(newPorts).min(1).max(rulesMaxNew).optional();

/** What is the same of a rule in every kind and direction. */
interface AdminRuleFields {
  readonly action: Action;
  readonly name?: string | undefined;
  readonly from?: readonly AdminPeer[];
  readonly to?: readonly AdminPeer[];
  readonly ports?: readonly (PortTerm | undefined)[] | undefined;
  readonly protocols?: readonly (PortTerm | undefined)[] | undefined;
}

/** A peer: one of the fields; none when it is one that the engine does not know. */
export type AdminPeer = z.output<typeof egressPeer>;

/** Whom a policy is about: one of the fields. */
export type AdminSubject = z.output<typeof subject>;

/** A rule of any of the kinds. Ports that are undefined have a field that the engine does not know. */
export interface AdminRule {
  readonly action: Action;
  readonly name: string | undefined;
  readonly peersField: 'from' | 'to';
  readonly peers: readonly AdminPeer[];
  readonly portsField: 'ports' | 'protocols';
  readonly ports: 'all' | readonly (PortTerm | undefined)[];
}

function toRule({ action, name: label, from, to, ports, protocols: terms }: AdminRuleFields): AdminRule {
  return {
    action,
    name: label,
    peersField: from === undefined ? 'to' : 'from',
    peers: from ?? to ?? [],
    portsField: terms === undefined ? 'ports' : 'protocols',
    ports: ports ?? terms ?? 'all',
  };
}

/** A list of rules; absent is empty. */
function rules<R extends AdminRuleFields>(rule: z.ZodType<R>, max: number): z.ZodType<AdminRule[]> {
  return z
    .array(rule.transform(toRule))
    .max(max)
    .optional()
    .transform((list) => list ?? []);
}

/** The spec of any of the three kinds. BaselineAdminNetworkPolicy has no priority: there is only one. */
export interface AdminSpec {
  readonly tier: 'admin' | 'baseline';
  readonly priority: number | undefined;
  readonly subject: AdminSubject;
  readonly ingress: readonly AdminRule[];
  readonly egress: readonly AdminRule[];
}

/** By kind. */
export const adminSchemas: Readonly<Record<AdminPolicyKind, z.ZodType<AdminSpec>>> = {
  AdminNetworkPolicy: z
    .strictObject({
      priority,
      subject,
      ingress: rules(z.strictObject({ ...oldIngress, action: old }), rulesMaxOld),
      egress: rules(
        z.strictObject({ to: z.array(egressPeer).min(1).max(rulesMaxOld), ports: oldPorts, name, action: old }),
        rulesMaxOld,
      ),
    })
    .transform((spec): AdminSpec => ({ ...spec, tier: 'admin' })),
  BaselineAdminNetworkPolicy: z
    .strictObject({
      subject,
      ingress: rules(z.strictObject({ ...oldIngress, action: oldBaseline }), rulesMaxOld),
      egress: rules(
        z.strictObject({
          to: z.array(baselineEgressPeer).min(1).max(rulesMaxOld),
          ports: oldPorts,
          name,
          action: oldBaseline,
        }),
        rulesMaxOld,
      ),
    })
    .transform((spec): AdminSpec => ({ ...spec, tier: 'baseline', priority: undefined })),
  ClusterNetworkPolicy: z
    .strictObject({
      tier: z.enum(['Admin', 'Baseline']),
      priority,
      subject,
      ingress: rules(
        z.strictObject({ from: z.array(subject).min(1).max(rulesMaxNew), protocols, name, action: current }),
        rulesMaxNew,
      ),
      egress: rules(
        z.strictObject({ to: z.array(egressPeer).min(1).max(rulesMaxNew), protocols, name, action: current }),
        rulesMaxNew,
      ),
    })
    .transform((spec): AdminSpec => ({ ...spec, tier: spec.tier === 'Admin' ? 'admin' : 'baseline' })),
};

/** Kinds of this family. */
export type AdminPolicyKind = 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy';
