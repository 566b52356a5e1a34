import { z } from 'zod';
import { orNull } from '../label-selector.ts';
import { checkDeny, checkEgress, checkIngress, checkSpec } from './sanitize.ts';
import { ciliumSelectorSchema } from './selector.ts';

// The rule of CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2), strictly: fields, and the checks of the
// agent (pkg/policy/api/rule_validation.go) and of the CRD. Source: cilium v1.20 pkg/policy/api.

const list = <T>(item: z.ZodType<T>) => orNull(z.array(item));
const text = orNull(z.string());
const portsMax = 40;
const nameLengthMax = 255;

const cidrRule = z.strictObject({
  cidr: text,
  cidrGroupRef: text,
  cidrGroupSelector: orNull(ciliumSelectorSchema),
  except: list(z.string()),
});

const group = z.strictObject({ aws: z.unknown() });

const port = z.strictObject({
  port: text,
  endPort: orNull(z.int().min(0).max(65535)),
  protocol: text,
});

const secret = z.strictObject({ namespace: text, name: z.string() });

const tlsContext = z.strictObject({ secret, trustedCA: text, certificate: text, privateKey: text });

const listener = z.strictObject({
  envoyConfig: z.strictObject({
    kind: orNull(z.enum(['CiliumEnvoyConfig', 'CiliumClusterwideEnvoyConfig'])),
    name: z.string().min(1),
  }),
  name: z.string().min(1),
  priority: orNull(z.int().min(1).max(100)),
});

const headerMatch = z.strictObject({
  mismatch: orNull(z.enum(['LOG', 'ADD', 'DELETE', 'REPLACE'])),
  name: z.string().min(1),
  secret: orNull(secret),
  value: text,
});

const http = z.strictObject({
  path: text,
  method: text,
  host: text,
  headers: list(z.string()),
  headerMatches: list(headerMatch),
});

const dnsName = z.strictObject({
  matchName: orNull(
    z
      .string()
      .max(nameLengthMax)
      .regex(/^[-a-zA-Z0-9_.]*$/, { error: 'has characters that a DNS name can not have' }),
  ),
  matchPattern: orNull(
    z
      .string()
      .max(nameLengthMax)
      .regex(/^[-a-zA-Z0-9_.*]*$/, { error: 'has characters that a DNS pattern can not have' }),
  ),
});

const l7Rules = z.strictObject({
  http: list(http),
  dns: list(dnsName),
  /** Not in v1.20 any more: older agents judge requests by them. */
  kafka: z.unknown().optional(),
  l7proto: z.unknown().optional(),
  l7: z.unknown().optional(),
});

const portRule = z.strictObject({
  ports: orNull(z.array(port).max(portsMax, { error: `too many ports, the max is ${portsMax}` })),
  terminatingTLS: orNull(tlsContext),
  originatingTLS: orNull(tlsContext),
  serverNames: orNull(
    z
      .array(
        z
          .string()
          .max(nameLengthMax)
          .regex(/^([-a-zA-Z0-9_*]+[.]?)+$/, { error: 'is no server name' }),
      )
      .min(1),
  ),
  listener: orNull(listener),
  rules: orNull(l7Rules),
});

const portDenyRule = z.strictObject({
  ports: orNull(z.array(port).max(portsMax, { error: `too many ports, the max is ${portsMax}` })),
});

const icmps = list(
  z.strictObject({
    fields: orNull(
      z
        .array(z.strictObject({ family: orNull(z.enum(['IPv4', 'IPv6'])), type: z.union([z.int(), z.string()]) }))
        .max(portsMax, { error: `too many types, the max is ${portsMax}` }),
    ),
  }),
);

const authentication = orNull(z.strictObject({ mode: z.enum(['disabled', 'required', 'test-always-fail']) }));
const deprecated = orNull(z.array(z.unknown()).max(0, { error: 'is not supported any more and must be empty' }));

const ingressPeers = {
  fromEndpoints: list(ciliumSelectorSchema),
  fromRequires: deprecated,
  fromCIDR: list(z.string()),
  fromCIDRSet: list(cidrRule),
  fromEntities: list(z.string()),
  fromGroups: list(group),
  fromNodes: list(ciliumSelectorSchema),
};

const egressPeers = {
  toEndpoints: list(ciliumSelectorSchema),
  toRequires: deprecated,
  toCIDR: list(z.string()),
  toCIDRSet: list(cidrRule),
  toEntities: list(z.string()),
  toGroups: list(group),
  toNodes: list(ciliumSelectorSchema),
  toServices: list(
    z.strictObject({
      k8sServiceSelector: orNull(z.strictObject({ selector: ciliumSelectorSchema, namespace: text })),
      k8sService: orNull(z.strictObject({ serviceName: text, namespace: text })),
    }),
  ),
};

const ingress = z
  .strictObject({ ...ingressPeers, toPorts: list(portRule), icmps, authentication })
  .superRefine(checkIngress);
const ingressDeny = z.strictObject({ ...ingressPeers, toPorts: list(portDenyRule), icmps }).superRefine(checkDeny);
const egress = z
  .strictObject({ ...egressPeers, toPorts: list(portRule), toFQDNs: list(dnsName), icmps, authentication })
  .superRefine(checkEgress);
const egressDeny = z.strictObject({ ...egressPeers, toPorts: list(portDenyRule), icmps }).superRefine(checkDeny);

/** One rule body: `spec`, or an element of `specs`. */
export const ciliumSpecSchema = z
  .strictObject({
    endpointSelector: orNull(ciliumSelectorSchema),
    nodeSelector: orNull(ciliumSelectorSchema),
    ingress: list(ingress),
    ingressDeny: list(ingressDeny),
    egress: list(egress),
    egressDeny: list(egressDeny),
    labels: orNull(z.array(z.unknown())),
    enableDefaultDeny: orNull(z.strictObject({ ingress: orNull(z.boolean()), egress: orNull(z.boolean()) })),
    description: text,
    log: orNull(z.strictObject({ value: orNull(z.string().max(32)) })),
  })
  .superRefine(checkSpec);

/** A body as read. */
export type CiliumSpec = z.infer<typeof ciliumSpecSchema>;
export type CidrRule = z.infer<typeof cidrRule>;
export type PortRule = z.infer<typeof portRule>;
export type CiliumPort = z.infer<typeof port>;
export type HttpRule = z.infer<typeof http>;
export type DnsName = z.infer<typeof dnsName>;
export type IcmpRules = z.infer<typeof icmps>;
export type IngressItem = z.infer<typeof ingress>;
export type EgressItem = z.infer<typeof egress>;
