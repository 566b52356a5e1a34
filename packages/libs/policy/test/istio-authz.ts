import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { stderr } from 'node:process';
import { findEngine } from '@kestrel/engines';
import { z } from 'zod';
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

/** istiod's own code, asked over pipes, one question at a time. */
export interface IstioAuthz extends AsyncDisposable {
  ask(question: IstioQuestion): Promise<IstioAnswer>;
}

/** Finds or builds the program and starts it. */
export async function startIstioAuthz(): Promise<IstioAuthz> {
  const { path } = await findEngine('istio-authz', { onProgress: (line) => void stderr.write(`${line}\n`) });
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let id = 0;
  return {
    ask: async (question) => {
      id += 1;
      child.stdin.write(`${JSON.stringify({ id, ...question })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`istio-authz ended at question ${id}: ${JSON.stringify(question)}`);
      const answer = answerSchema.parse(JSON.parse(value));
      if (answer.id !== id) throw new Error(`answer ${answer.id} to question ${id}`);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
