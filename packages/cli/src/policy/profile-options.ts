import type { CiliumProfile, GivenProfile } from '@kestrel/policy';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { UsageError } from '../usage-error.ts';

/** What {@link profileOptions} adds to a command's options. */
export const profileSchema = z.object({
  profile: z.enum(['generic', 'cilium']).optional(),
  cilium: z.array(z.string()).default([]),
  dataPlane: z.enum(['sidecar', 'waypoint', 'ztunnel', 'none']).optional(),
  rootNamespace: z.string().min(1).optional(),
  trustDomain: z.string().min(1).optional(),
  trustDomainAlias: z.array(z.string()).default([]),
});
type ProfileOptions = z.infer<typeof profileSchema>;

/** The options that say who enforces; all of them by default as the manifests tell. */
export function profileOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--profile <who>', 'who enforces network policies (default: as the manifests tell)').choices([
        'generic',
        'cilium',
      ]),
    )
    .option('--cilium <key=value...>', "options of Cilium's agent, for example enable-policy=always")
    .addOption(
      new Option('--data-plane <kind>', 'who enforces authorization policies (default: as each pod tells)').choices([
        'sidecar',
        'waypoint',
        'ztunnel',
        'none',
      ]),
    )
    .option('--root-namespace <namespace>', "the mesh's root namespace (default: istio-system)")
    .option('--trust-domain <domain>', "the mesh's trust domain (default: cluster.local)")
    .option('--trust-domain-alias <domain...>', 'other names of the trust domain');
}

/** What the options say of the profile. @throws UsageError for an unknown option of Cilium or a wrong value */
export function givenProfile(options: ProfileOptions): GivenProfile {
  const { profile, dataPlane, rootNamespace, trustDomain, trustDomainAlias: aliases } = options;
  const cilium = ciliumOptions(options.cilium);
  if (profile === 'generic' && options.cilium.length > 0) throw new UsageError('--cilium needs --profile cilium');
  const network = options.cilium.length > 0 ? cilium : profile;
  return {
    ...(network !== undefined && { network }),
    ...(dataPlane !== undefined && { dataPlane }),
    ...(rootNamespace !== undefined && { rootNamespace }),
    ...(trustDomain !== undefined && { trustDomain }),
    ...(aliases.length > 0 && { trustDomainAliases: aliases }),
  };
}

type Reader = (value: string) => Partial<CiliumProfile> | undefined;

const flag =
  (set: (on: boolean) => Partial<CiliumProfile>): Reader =>
  (value) =>
    value === 'true' ? set(true) : value === 'false' ? set(false) : undefined;

const MODES = ['nodes', 'pods'] as const;
const ENABLE_POLICY = ['default', 'always', 'never'] as const;
const ALLOW_LOCALHOST = ['auto', 'always', 'policy'] as const;

/** By the names of the agent's options, as in the ConfigMap cilium-config. */
const CILIUM_OPTIONS: Readonly<Record<string, Reader>> = {
  'policy-cidr-match-mode': (value) => {
    const words = value.split(',').filter((word) => word !== '');
    const modes = MODES.filter((mode) => words.includes(mode));
    return words.every((word) => modes.some((mode) => mode === word)) ? { policyCidrMatchMode: modes } : undefined;
  },
  'enable-policy': (value) => {
    const enablePolicy = ENABLE_POLICY.find((each) => each === value);
    return enablePolicy && { enablePolicy };
  },
  'allow-localhost': (value) => {
    const allowLocalhost = ALLOW_LOCALHOST.find((each) => each === value);
    return allowLocalhost && { allowLocalhost };
  },
  'enable-host-firewall': flag((hostFirewall) => ({ hostFirewall })),
  'policy-audit-mode': flag((auditMode) => ({ auditMode })),
  'enable-non-default-deny-policies': flag((nonDefaultDeny) => ({ nonDefaultDeny })),
  'enable-sctp': flag((sctp) => ({ sctp })),
  'cluster-name': (value) => (value === '' ? undefined : { clusterName: value }),
};

function ciliumOptions(given: readonly string[]): Partial<CiliumProfile> {
  return Object.assign({}, ...given.map(ciliumOption));
}

function ciliumOption(given: string): Partial<CiliumProfile> {
  const at = given.indexOf('=');
  const key = at < 0 ? given : given.slice(0, at);
  const read = Object.hasOwn(CILIUM_OPTIONS, key) ? CILIUM_OPTIONS[key] : undefined;
  if (read === undefined) {
    throw new UsageError(`--cilium: no option "${key}"; there are ${Object.keys(CILIUM_OPTIONS).join(', ')}`);
  }
  const value = read(at < 0 ? 'true' : given.slice(at + 1));
  if (value === undefined) throw new UsageError(`--cilium: "${given}" is no value of it`);
  return value;
}
