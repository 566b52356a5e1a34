import { z } from 'zod';

// The part of Envoy's RBAC configuration (envoy.config.rbac.v3) that Istio uses, in its JSON form with proto names.

/** envoy.type.matcher.v3.StringMatcher. */
export interface StringMatcher {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly safe_regex?: { readonly regex: string } | undefined;
  readonly ignore_case?: boolean | undefined;
}

/** envoy.type.matcher.v3.ValueMatcher. */
export interface ValueMatcher {
  readonly string_match?: StringMatcher | undefined;
  readonly list_match?: { readonly one_of: ValueMatcher } | undefined;
  readonly or_match?: { readonly value_matchers: readonly ValueMatcher[] } | undefined;
}

/** envoy.type.matcher.v3.MetadataMatcher. */
export interface MetadataMatcher {
  readonly filter: string;
  readonly path: readonly { readonly key: string }[];
  readonly value: ValueMatcher;
}

/** envoy.config.core.v3.CidrRange. */
export interface CidrRange {
  readonly address_prefix: string;
  readonly prefix_len?: number | undefined;
}

/** envoy.config.route.v3.HeaderMatcher. */
export interface HeaderMatcher {
  readonly name: string;
  readonly present_match?: boolean | undefined;
  readonly string_match?: StringMatcher | undefined;
}

/** envoy.config.rbac.v3.Permission. */
export interface Permission {
  readonly any?: boolean | undefined;
  readonly and_rules?: { readonly rules: readonly Permission[] } | undefined;
  readonly or_rules?: { readonly rules: readonly Permission[] } | undefined;
  readonly not_rule?: Permission | undefined;
  readonly header?: HeaderMatcher | undefined;
  readonly url_path?: { readonly path: StringMatcher } | undefined;
  readonly uri_template?: { readonly name: string; readonly typed_config: UriTemplate } | undefined;
  readonly destination_ip?: CidrRange | undefined;
  readonly destination_port?: number | undefined;
  readonly requested_server_name?: StringMatcher | undefined;
  readonly metadata?: MetadataMatcher | undefined;
}

/** envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig in an Any. */
export interface UriTemplate {
  readonly '@type': string;
  readonly path_template: string;
}

/** envoy.config.rbac.v3.Principal. */
export interface Principal {
  readonly any?: boolean | undefined;
  readonly and_ids?: { readonly ids: readonly Principal[] } | undefined;
  readonly or_ids?: { readonly ids: readonly Principal[] } | undefined;
  readonly not_id?: Principal | undefined;
  readonly authenticated?: { readonly principal_name: StringMatcher } | undefined;
  readonly direct_remote_ip?: CidrRange | undefined;
  readonly remote_ip?: CidrRange | undefined;
  readonly header?: HeaderMatcher | undefined;
  readonly metadata?: MetadataMatcher | undefined;
}

/** envoy.config.rbac.v3.Policy. */
export interface RbacPolicy {
  readonly permissions: readonly Permission[];
  readonly principals: readonly Principal[];
}

/** envoy.config.rbac.v3.RBAC. */
export interface Rbac {
  readonly action: 'ALLOW' | 'DENY' | 'LOG';
  readonly policies: Readonly<Record<string, RbacPolicy>>;
}

const stringMatcher = z.strictObject({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  safe_regex: z.strictObject({ regex: z.string() }).optional(),
  ignore_case: z.boolean().optional(),
});

const valueMatcher: z.ZodType<ValueMatcher> = z.lazy(() =>
  z.strictObject({
    string_match: stringMatcher.optional(),
    list_match: z.strictObject({ one_of: valueMatcher }).optional(),
    or_match: z.strictObject({ value_matchers: z.array(valueMatcher) }).optional(),
  }),
);

const metadataMatcher = z.strictObject({
  filter: z.string(),
  path: z.array(z.strictObject({ key: z.string() })),
  value: valueMatcher,
});
const cidrRange = z.strictObject({ address_prefix: z.string(), prefix_len: z.number().optional() });
const headerMatcher = z.strictObject({
  name: z.string(),
  present_match: z.boolean().optional(),
  string_match: stringMatcher.optional(),
});

const permission: z.ZodType<Permission> = z.lazy(() =>
  z.strictObject({
    any: z.boolean().optional(),
    and_rules: z.strictObject({ rules: z.array(permission) }).optional(),
    or_rules: z.strictObject({ rules: z.array(permission) }).optional(),
    not_rule: permission.optional(),
    header: headerMatcher.optional(),
    url_path: z.strictObject({ path: stringMatcher }).optional(),
    uri_template: z
      .strictObject({
        name: z.string(),
        typed_config: z.strictObject({ '@type': z.string(), path_template: z.string() }),
      })
      .optional(),
    destination_ip: cidrRange.optional(),
    destination_port: z.number().optional(),
    requested_server_name: stringMatcher.optional(),
    metadata: metadataMatcher.optional(),
  }),
);

const principal: z.ZodType<Principal> = z.lazy(() =>
  z.strictObject({
    any: z.boolean().optional(),
    and_ids: z.strictObject({ ids: z.array(principal) }).optional(),
    or_ids: z.strictObject({ ids: z.array(principal) }).optional(),
    not_id: principal.optional(),
    authenticated: z.strictObject({ principal_name: stringMatcher }).optional(),
    direct_remote_ip: cidrRange.optional(),
    remote_ip: cidrRange.optional(),
    header: headerMatcher.optional(),
    metadata: metadataMatcher.optional(),
  }),
);

/** Reads an RBAC configuration as protojson writes it: what has its default value is left out. */
export const rbacSchema = z.strictObject({
  action: z.enum(['ALLOW', 'DENY', 'LOG']).default('ALLOW'),
  policies: z
    .record(z.string(), z.strictObject({ permissions: z.array(permission), principals: z.array(principal) }))
    .default({}),
}) satisfies z.ZodType<Rbac>;
