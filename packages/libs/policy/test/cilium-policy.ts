import { z } from 'zod';
import { startLineProgram, type LineProgram } from './line-program.ts';

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

/** Cilium's own policy code. */
export type CiliumPolicyProgram = LineProgram<CiliumQuestion, CiliumAnswer>;

/** Finds or builds the program and starts it. */
export async function startCiliumPolicy(): Promise<CiliumPolicyProgram> {
  return await startLineProgram('cilium-policy', answerSchema);
}
