import { z } from 'zod';
import { startLineProgram, type LineProgram } from './line-program.ts';
import { rbacSchema } from '../src/testing/envoy-rbac/rbac.ts';
import type { MeshObject } from '../src/testing/authorization/arbitrary-mesh.ts';
import { authorizationSchema } from '../src/testing/ztunnel/evaluate-authorization.ts';

/** A workload under policies, and the mesh around it. */
export interface IstioQuestion {
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly policies: readonly MeshObject[];
}

const filters = z
  .array(z.strictObject({ rules: rbacSchema.optional(), shadow: rbacSchema.optional() }))
  .nullable()
  .transform((value) => value ?? []);

const answerSchema = z.strictObject({
  id: z.number(),
  /** `kind/namespace/name` → why istiod's validation refuses it. */
  invalid: z.record(z.string(), z.string()),
  http: filters,
  tcp: filters,
  ztunnel: z
    .array(z.strictObject({ selected: z.boolean(), authorization: authorizationSchema }))
    .nullable()
    .transform((value) => value ?? []),
  mode: z.string(),
  ports: z.record(z.string(), z.string()),
});

/** What istiod makes of the policies for the workload. */
export type IstioAnswer = z.infer<typeof answerSchema>;

/** istiod's own code. */
export type IstioAuthz = LineProgram<IstioQuestion, IstioAnswer>;

/** Finds or builds the program and starts it. */
export async function startIstioAuthz(): Promise<IstioAuthz> {
  return await startLineProgram('istio-authz', answerSchema);
}
