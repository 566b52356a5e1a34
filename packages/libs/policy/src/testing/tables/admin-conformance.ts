import { houseIp } from './admin-model.ts';
import type { Line, NeutralPolicy, NeutralRule } from './admin-model.ts';

// What the conformance tests of the network-policy-api ask (v0.2.0 conformance/tests, standard and experimental), in our own
// words: each subtest with its mutated policy is a case. Every case is asked in both generations of the API.

/** Policies, and what then comes out. */
export interface AdminCase {
  readonly name: string;
  readonly policies: readonly NeutralPolicy[];
  /** NetworkPolicies in `home`. */
  readonly networkPolicies?: readonly unknown[];
  readonly lines: readonly Line[];
}

const PAIRS = ['TCP/80', 'UDP/53', 'SCTP/9003'];

/** The same seven rules that most tests use; `first` decides about friends, `second` about mixed at some ports. */
function sevenRules(
  first: NeutralRule['action'],
  second: NeutralRule['action'],
  strict: readonly string[],
): NeutralRule[] {
  const actions = (['allow', 'deny', 'pass'] as const).toSorted((a, b) => Number(b === first) - Number(a === first));
  const others = (['deny', 'pass'] as const).toSorted((a, b) => Number(b === second) - Number(a === second));
  return [
    ...actions.map((action) => ({ action, peer: 'friends' as const })),
    ...others.map((action) => ({ action, peer: 'mixed' as const, ports: PAIRS })),
    { action: 'allow', peer: 'strict', ports: strict },
    { action: 'deny', peer: 'strict' },
  ];
}

const withoutPass = (rules: readonly NeutralRule[]): readonly NeutralRule[] =>
  rules.filter(({ action }) => action !== 'pass');

const egressStrict = ['TCP/8080', 'UDP/5353', 'SCTP/9003'];
const ingressStrict = ['TCP/80', 'UDP/5353', 'SCTP/9003'];

const strictLines: readonly Line[] = [
  'home/0 > strict/0 TCP/8080 UDP/5353 SCTP/9003 allowed',
  'home/1 > strict/1 TCP/80 UDP/53 SCTP/9005 denied',
  'strict/0 > home/0 TCP/80 UDP/5353 SCTP/9003 allowed',
  'strict/1 > home/1 TCP/8080 UDP/53 SCTP/9005 denied',
];
const friends = (outcome: 'allowed' | 'denied'): readonly Line[] => [
  `home/0 > friends/0 ${outcome}`,
  `home/1 > friends/1 ${outcome}`,
  `friends/0 > home/0 ${outcome}`,
  `friends/1 > home/1 ${outcome}`,
];
const mixed = (outcome: 'allowed' | 'denied'): readonly Line[] => [
  `home/0 > mixed/0 TCP/80 UDP/53 SCTP/9003 ${outcome}`,
  'home/1 > mixed/1 TCP/8080 UDP/5353 SCTP/9005 allowed',
  `mixed/0 > home/0 TCP/80 UDP/53 SCTP/9003 ${outcome}`,
  'mixed/1 > home/1 TCP/8080 UDP/5353 SCTP/9005 allowed',
];
const untouched: readonly Line[] = [
  'home/0 > others/0 allowed',
  'others/1 > home/1 allowed',
  'mixed/0 > strict/0 allowed',
];

function rulesCases(tier: NeutralPolicy['tier']): readonly AdminCase[] {
  const policy = (first: NeutralRule['action'], second: NeutralRule['action']): NeutralPolicy => {
    const limit = tier === 'baseline' ? withoutPass : (rules: readonly NeutralRule[]) => rules;
    return {
      tier,
      priority: 15,
      egress: limit(sevenRules(first, second, egressStrict)),
      ingress: limit(sevenRules(first, second, ingressStrict)),
    };
  };
  const cases: AdminCase[] = [
    {
      name: `${tier}: allow comes first, deny comes before pass`,
      policies: [policy('allow', 'deny')],
      lines: [...friends('allowed'), ...mixed('denied'), ...strictLines, ...untouched],
    },
    {
      name: `${tier}: deny comes first`,
      policies: [policy('deny', 'deny')],
      lines: [...friends('denied'), ...mixed('denied'), ...strictLines, ...untouched],
    },
  ];
  if (tier === 'baseline') return cases;
  return [
    ...cases,
    {
      name: `${tier}: pass comes first, and nothing stands behind`,
      policies: [policy('pass', 'pass')],
      lines: [...friends('allowed'), ...mixed('allowed'), ...strictLines, ...untouched],
    },
  ];
}

const bothWays = (
  action: NeutralRule['action'],
  peer: NeutralRule['peer'],
): Pick<NeutralPolicy, 'ingress' | 'egress'> => ({
  ingress: [{ action, peer }],
  egress: [{ action, peer }],
});
const mixedWays = (outcome: 'allowed' | 'denied'): readonly Line[] => [
  `home/0 > mixed/0 ${outcome}`,
  `mixed/1 > home/1 ${outcome}`,
];
const networkPolicy = {
  podSelector: null,
  policyTypes: ['Ingress', 'Egress'],
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { house: 'mixed' } } }] }],
  egress: [{ to: [{ namespaceSelector: { matchLabels: { house: 'mixed' } } }] }],
};
const baselineDeny: NeutralPolicy = { tier: 'baseline', ...bothWays('deny', 'mixed') };

const tiers: readonly AdminCase[] = [
  {
    name: 'a deny of the admin tier comes before the NetworkPolicy that allows',
    policies: [{ tier: 'admin', ...bothWays('deny', 'mixed') }, baselineDeny],
    networkPolicies: [networkPolicy],
    lines: [...mixedWays('denied'), 'home/0 > friends/0 denied', 'friends/0 > home/0 denied'],
  },
  {
    name: 'an allow of the admin tier comes before the NetworkPolicy that does not',
    policies: [{ tier: 'admin', ...bothWays('allow', 'friends') }],
    networkPolicies: [networkPolicy],
    lines: [...friends('allowed'), ...mixedWays('allowed'), 'home/0 > others/0 denied', 'others/0 > home/0 denied'],
  },
  {
    name: 'pass goes on to the NetworkPolicy',
    policies: [{ tier: 'admin', ...bothWays('pass', 'mixed') }, baselineDeny],
    networkPolicies: [networkPolicy],
    lines: [...mixedWays('allowed'), 'home/0 > friends/0 denied'],
  },
  {
    name: 'pass goes on to the baseline where no NetworkPolicy selects',
    policies: [{ tier: 'admin', ...bothWays('pass', 'mixed') }, baselineDeny],
    lines: [...mixedWays('denied'), ...friends('allowed')],
  },
  {
    name: 'the baseline has no say where a NetworkPolicy selects',
    policies: [{ tier: 'baseline', ...bothWays('allow', 'friends') }],
    networkPolicies: [networkPolicy],
    lines: [...friends('denied'), ...mixedWays('allowed')],
  },
  {
    name: 'pass skips the rest of the tier',
    policies: [
      { tier: 'admin', priority: 1, ...bothWays('pass', 'mixed') },
      { tier: 'admin', priority: 2, ...bothWays('deny', 'mixed') },
    ],
    lines: [...mixedWays('allowed')],
  },
];

const priorities: readonly AdminCase[] = [
  {
    name: 'the lower priority is asked first',
    policies: [
      { tier: 'admin', priority: 60, ...bothWays('pass', 'mixed') },
      { tier: 'admin', priority: 50, ...bothWays('deny', 'mixed') },
      { tier: 'baseline', ...bothWays('allow', 'mixed') },
    ],
    lines: mixedWays('denied'),
  },
  {
    name: 'the lower priority is asked first, after its change',
    policies: [
      { tier: 'admin', priority: 40, ...bothWays('pass', 'mixed') },
      { tier: 'admin', priority: 50, ...bothWays('deny', 'mixed') },
      { tier: 'baseline', ...bothWays('allow', 'mixed') },
    ],
    lines: mixedWays('allowed'),
  },
  {
    name: 'priorities are numbers',
    policies: [
      { tier: 'admin', priority: 100, ...bothWays('deny', 'mixed') },
      { tier: 'admin', priority: 9, ...bothWays('allow', 'mixed') },
    ],
    lines: mixedWays('allowed'),
  },
];

const podsOf = (house: string, place?: string): object => ({
  pods: {
    namespaceSelector: { matchLabels: { house } },
    podSelector: place === undefined ? { matchLabels: { house } } : { matchLabels: { place } },
  },
});
const everywhere = { networks: ['0.0.0.0/0', '::/0'] };
const subject = podsOf('home');

function peerCases(tier: NeutralPolicy['tier']): readonly AdminCase[] {
  return [
    {
      name: `${tier}: networks are checked for pods too`,
      policies: [
        {
          tier,
          subject,
          egress: [
            { action: 'allow', peer: podsOf('mixed') },
            { action: 'deny', peer: everywhere },
          ],
        },
      ],
      lines: [
        'home/1 > friends/0 denied',
        'home/1 > strict/0 denied',
        'home/1 > mixed/0 allowed',
        'home/1 > 8.8.8.8 denied',
      ],
    },
    {
      name: `${tier}: networks of single pods are allowed before all are denied`,
      policies: [
        {
          tier,
          subject,
          egress: [
            { action: 'allow', peer: { networks: [`${houseIp('friends', 0)}/32`, `${houseIp('strict', 1)}/32`] } },
            { action: 'deny', peer: everywhere },
          ],
        },
      ],
      lines: [
        'home/1 > friends/0 allowed',
        'home/1 > strict/1 allowed',
        'home/1 > friends/1 denied',
        'home/1 > strict/0 denied',
      ],
    },
    {
      name: `${tier}: nodes`,
      policies: [
        {
          tier,
          subject,
          egress: [
            {
              action: 'allow',
              peer: { nodes: { matchLabels: { 'kubernetes.io/os': 'linux' } } },
              ports: ['TCP/36363'],
            },
            { action: 'deny', peer: { nodes: { matchLabels: { place: '0' } } } },
          ],
        },
      ],
      lines: [
        'home/1 > host0 TCP/36363 allowed',
        'home/1 > host0 TCP/36364 UDP/36363 denied',
        'home/0 > host1 TCP/36364 allowed',
        'home/1 > others/host0 TCP/80 denied',
        // Its own node, which every pod may reach.
        'home/0 > host0 TCP/36364 allowed',
        'home/1 > friends/0 allowed',
      ],
    },
  ];
}

function podCases(tier: NeutralPolicy['tier']): readonly AdminCase[] {
  return [
    {
      name: `${tier}: named ports of the destination`,
      policies: [
        {
          tier,
          egress: [
            { action: 'allow', peer: 'friends', ports: ['web'] },
            { action: 'deny', peer: 'friends' },
          ],
          ingress: [
            { action: 'allow', peer: 'friends', ports: ['dns'] },
            { action: 'deny', peer: 'friends' },
          ],
        },
      ],
      lines: [
        'home/0 > friends/0 TCP/80 allowed',
        'home/1 > friends/1 TCP/8080 UDP/80 denied',
        'friends/0 > home/0 UDP/53 allowed',
        'friends/1 > home/1 UDP/5353 TCP/53 denied',
      ],
    },
    {
      name: `${tier}: ranges of ports`,
      policies: [{ tier, egress: [{ action: 'deny', peer: 'friends', ports: ['TCP/80-8079'] }] }],
      lines: ['home/0 > friends/0 TCP/79 TCP/8080 UDP/80 allowed', 'home/0 > friends/0 TCP/80 TCP/8079 denied'],
    },
    {
      name: `${tier}: pods of the host's network are neither subject nor peer`,
      policies: [
        {
          tier,
          subject: { namespaces: {} },
          egress: [{ action: 'deny', peer: 'others' }],
          ingress: [{ action: 'deny', peer: 'others' }],
        },
      ],
      lines: [
        'others/host0 > home/1 allowed',
        'home/1 > others/host0 allowed',
        'others/0 > home/1 denied',
        'home/1 > others/0 denied',
      ],
    },
    {
      name: `${tier}: one pod of a namespace`,
      policies: [{ tier, subject: podsOf('home', '0'), ...bothWays('deny', podsOf('mixed', '1')) }],
      lines: [
        'home/0 > mixed/1 denied',
        'mixed/1 > home/0 denied',
        'home/0 > mixed/0 allowed',
        'home/1 > mixed/1 allowed',
      ],
    },
  ];
}

/** All cases. */
export const adminConformance: readonly AdminCase[] = [
  ...rulesCases('admin'),
  ...rulesCases('baseline'),
  ...tiers,
  ...priorities,
  ...peerCases('admin'),
  ...peerCases('baseline'),
  ...podCases('admin'),
  ...podCases('baseline'),
];
