import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stderr } from 'node:process';
import { createInterface } from 'node:readline';
import { findEngine } from '@kestrel/engines';
import { z } from 'zod';

/** An end of flows, as the agent on the pods' node sees it. */
export interface CiliumEnd {
  readonly kind: 'pod' | 'host' | 'remote-node' | 'address';
  readonly namespace?: string;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
  readonly namedPorts?: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  readonly ips: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly apiServer?: boolean;
}

/** Policies, ends and what is asked of them; see the program's question.go. */
export interface CiliumQuestion {
  readonly profile: {
    readonly enablePolicy: string;
    readonly hostFirewall: boolean;
    readonly allowLocalhost: boolean;
    readonly nonDefaultDeny: boolean;
    readonly policyCidrMatchMode: readonly string[];
    readonly nodeSelectorLabels: boolean;
    readonly clusterName: string;
  };
  readonly policies: readonly { readonly kind: string; readonly object: unknown }[];
  readonly cidrGroups: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly cidrs: readonly string[];
  }[];
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly selector: Readonly<Record<string, string>>;
    readonly addresses: readonly string[];
  }[];
  readonly endpoints: readonly CiliumEnd[];
  readonly flows: readonly {
    readonly from: number;
    readonly to: number;
    readonly protocol: string;
    readonly port: number;
  }[];
  readonly texts: readonly {
    readonly kind: 'dns' | 'name' | 'regex';
    readonly pattern: string;
    readonly text: string;
  }[];
}

const answerSchema = z.strictObject({
  id: z.number(),
  refused: z.array(z.string()),
  verdicts: z.array(z.strictObject({ egress: z.string(), ingress: z.string() })),
  matches: z.array(z.enum(['match', 'no-match', 'invalid'])),
});

/** What Cilium makes of it. */
export type CiliumAnswer = z.infer<typeof answerSchema>;

/** Cilium's own policy code, asked over pipes, one question at a time. */
export interface CiliumPolicyProgram extends AsyncDisposable {
  ask(question: CiliumQuestion): Promise<CiliumAnswer>;
}

/** Finds or builds the program and starts it. */
export async function startCiliumPolicy(): Promise<CiliumPolicyProgram> {
  const { path } = await findEngine('cilium-policy', { onProgress: (line) => void stderr.write(`${line}\n`) });
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  // A program that ended is noticed by its missing answer, which tells the question, too.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let id = 0;
  return {
    ask: async (question) => {
      id += 1;
      child.stdin.write(`${JSON.stringify({ id, ...question })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`cilium-policy ended at question ${id}: ${JSON.stringify(question)}`);
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
