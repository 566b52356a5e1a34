import { z } from 'zod';

// The bodies of security.istio.io/v1 (and v1beta1) objects, as istiod and its custom resource definitions take them.
// An empty list is as good as none: istiod reads objects as protocol buffers. Fields of Istio 1.31; checks as in pkg/config/validation/validation.go stand in validation.ts.

const labelLengthMax = 63;
const targetRefsMax = 16;

const texts = z.array(z.string().min(1, { error: 'must not be empty' })).optional();

/** type.v1beta1.WorkloadSelector: exact labels only. */
export const workloadSelectorSchema = z.strictObject({
  matchLabels: z
    .record(
      z.string().regex(/^[^*]+$/, { error: 'must not be empty nor have wildcards' }),
      z
        .string()
        .max(labelLengthMax)
        .regex(/^[^*]*$/, { error: 'wildcards are not supported in selectors' }),
    )
    .optional(),
});

const targetKinds = new Set(['/Service', 'core/Service', 'networking.istio.io/ServiceEntry']);
for (const kind of ['Gateway', 'GatewayClass']) targetKinds.add(`gateway.networking.k8s.io/${kind}`);

/** type.v1beta1.PolicyTargetReference. */
export const targetRefSchema = z
  .strictObject({
    group: z.string().optional(),
    kind: z.string().min(1),
    name: z.string().min(1),
    namespace: z.string().max(0, { error: 'references across namespaces are not supported' }).optional(),
  })
  .refine(({ group, kind }) => targetKinds.has(`${group ?? ''}/${kind}`), {
    path: ['kind'],
    error: 'must be a Service, ServiceEntry, Gateway or GatewayClass, with its group',
  });

/** Where a policy attaches: at most one of the three. */
const attachment = {
  selector: workloadSelectorSchema.optional(),
  targetRef: targetRefSchema.optional(),
  targetRefs: z.array(targetRefSchema).max(targetRefsMax).optional(),
};

const source = z.strictObject({
  principals: texts,
  notPrincipals: texts,
  requestPrincipals: texts,
  notRequestPrincipals: texts,
  namespaces: texts,
  notNamespaces: texts,
  serviceAccounts: texts,
  notServiceAccounts: texts,
  trustDomains: texts,
  notTrustDomains: texts,
  ipBlocks: texts,
  notIpBlocks: texts,
  remoteIpBlocks: texts,
  notRemoteIpBlocks: texts,
});

const operation = z.strictObject({
  hosts: texts,
  notHosts: texts,
  ports: texts,
  notPorts: texts,
  methods: texts,
  notMethods: texts,
  paths: texts,
  notPaths: texts,
});

const rule = z.strictObject({
  from: z.array(z.strictObject({ source })).optional(),
  to: z.array(z.strictObject({ operation })).optional(),
  when: z.array(z.strictObject({ key: z.string().min(1), values: texts, notValues: texts })).optional(),
});

/** The spec of an AuthorizationPolicy, without the checks that look at several fields. */
export const authorizationPolicySchema = z.strictObject({
  ...attachment,
  action: z.enum(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM']).default('ALLOW'),
  provider: z.strictObject({ name: z.string().optional() }).optional(),
  rules: z.array(rule).optional(),
});

const mutualTls = z.strictObject({ mode: z.enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']).default('UNSET') });

/** The spec of a PeerAuthentication. */
export const peerAuthenticationSchema = z
  .strictObject({
    selector: workloadSelectorSchema.optional(),
    mtls: mutualTls.optional(),
    portLevelMtls: z
      .record(
        z
          .string()
          .regex(/^[1-9][0-9]{0,4}$/, { error: 'must be a port' })
          .refine((port) => Number(port) <= 65_535),
        mutualTls,
      )
      .refine((ports) => Object.keys(ports).length > 0, { error: 'must name a port' })
      .optional(),
  })
  .refine(
    ({ selector, portLevelMtls }) => portLevelMtls === undefined || Object.keys(selector?.matchLabels ?? {}).length > 0,
    { path: ['portLevelMtls'], error: 'only a policy with a workload selector may set port level mTLS' },
  );

const claimName = z.string().min(1);

/** The spec of a RequestAuthentication. */
export const requestAuthenticationSchema = z
  .strictObject({
    ...attachment,
    jwtRules: z
      .array(
        z
          .strictObject({
            issuer: z.string().optional(),
            audiences: texts,
            jwksUri: z
              .string()
              .regex(/^https?:\/\//, { error: 'must begin with http:// or https://' })
              .optional(),
            jwks_uri: z.string().optional(),
            jwks: z.string().optional(),
            fromHeaders: z.array(z.strictObject({ name: z.string().min(1), prefix: z.string().optional() })).optional(),
            fromParams: texts,
            fromCookies: texts,
            outputPayloadToHeader: z.string().optional(),
            forwardOriginalToken: z.boolean().optional(),
            outputClaimToHeaders: z
              .array(z.strictObject({ header: z.string().regex(/^[-_A-Za-z0-9]+$/), claim: claimName }))
              .optional(),
            timeout: z.string().optional(),
            spaceDelimitedClaims: z.array(claimName).optional(),
          })
          .refine(({ issuer = '', jwksUri = '' }) => issuer !== '' || jwksUri !== '', {
            error: 'needs an issuer or a jwksUri',
          }),
      )
      .optional(),
  })
  .refine(attachesOnce, { error: 'only one of selector, targetRef and targetRefs may be set' });

/** Whether at most one of the ways of attaching is used. */
export function attachesOnce(spec: {
  selector?: unknown;
  targetRef?: unknown;
  targetRefs?: readonly unknown[] | undefined;
}): boolean {
  const ways = [spec.selector !== undefined, spec.targetRef !== undefined, (spec.targetRefs ?? []).length > 0];
  return ways.filter(Boolean).length <= 1;
}

/** A policy's body as read, before it is compiled. */
export type AuthorizationPolicySpec = z.infer<typeof authorizationPolicySchema>;
/** One rule of it. */
export type AuthorizationRule = NonNullable<AuthorizationPolicySpec['rules']>[number];
/** What a rule says of the source. */
export type SourceSpec = NonNullable<AuthorizationRule['from']>[number]['source'];
/** What a rule says of the operation. */
export type OperationSpec = NonNullable<AuthorizationRule['to']>[number]['operation'];
/** One condition under `when`. */
export type WhenSpec = NonNullable<AuthorizationRule['when']>[number];
/** A reference to what a policy attaches to. */
export type TargetRef = z.infer<typeof targetRefSchema>;
/** A PeerAuthentication's body as read. */
export type PeerAuthenticationSpec = z.infer<typeof peerAuthenticationSchema>;
/** A RequestAuthentication's body as read. */
export type RequestAuthenticationSpec = z.infer<typeof requestAuthenticationSchema>;
