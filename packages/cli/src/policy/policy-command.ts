import { MIN_OBSERVATION_MS } from '@kestrel/policy';
import { Command, Option } from 'commander';
import type { Bind } from '../bind.ts';
import { formatOption } from '../output-format.ts';
import { diff, diffSchema } from './diff.ts';
import { effectiveness, effectivenessSchema } from './effectiveness.ts';
import { evaluate, evaluateSchema } from './evaluate.ts';
import { changeOptions } from './input/change.ts';
import { stateOptions } from './input/state.ts';
import { lint, lintSchema } from './lint.ts';
import { EDGES_HELP } from './input/traffic.ts';
import { matrix, matrixSchema } from './matrix.ts';
import { duration, instant, prefixLength } from './option-values.ts';
import { recommend, recommendSchema } from './recommend.ts';
import { simulate, simulateSchema } from './simulate.ts';

/** `kestrelctl policy` */
export function policyCommand(bind: Bind): Command {
  return new Command('policy')
    .summary('judges policies on files, without a cluster')
    .description(
      'Judges network and authorization policies: manifests, or records of the cluster, and recorded traffic. It needs no ' +
        'cluster and no connection. What can’t be told is unknown, with its cause.',
    )
    .addCommand(lintCommand(bind))
    .addCommand(evaluateCommand(bind))
    .addCommand(matrixCommand(bind))
    .addCommand(diffCommand(bind))
    .addCommand(simulateCommand(bind))
    .addCommand(effectivenessCommand(bind))
    .addCommand(recommendCommand(bind));
}

function lintCommand(bind: Bind): Command {
  const command = stateOptions(new Command('lint'))
    .summary('everything that is wrong with the manifests')
    .description('Lists what the API server would refuse, what the engine does not know, and what has no effect.')
    .option('--strict', 'warnings count as errors')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .addHelpText('after', LINT_HELP);
  return bind(command, async (invocation, options) => await lint(invocation, lintSchema.parse(options)));
}

function evaluateCommand(bind: Bind): Command {
  const command = stateOptions(new Command('evaluate'))
    .summary('may these connections and requests be made?')
    .description('Judges each line of a file of questions, and says which policies decided.')
    .requiredOption('--requests <file>', 'questions, one in JSON a line')
    .addOption(
      new Option('--layer <layer>', 'which policies are asked')
        .choices(['network', 'authorization', 'both'])
        .default('both'),
    )
    .addOption(formatOption(['table', 'json', 'jsonl', 'yaml']))
    .addHelpText('after', EVALUATE_HELP);
  return bind(command, async (invocation, options) => await evaluate(invocation, evaluateSchema.parse(options)));
}

function matrixCommand(bind: Bind): Command {
  const command = stateOptions(new Command('matrix'))
    .summary('every allowed connection')
    .description(
      'All connections that network policies allow between workloads, and with addresses outside of the cluster, which are ' +
        'cut where policies tell them apart; and the workloads that no policy protects.',
    )
    .addOption(formatOption(['table', 'json', 'yaml', 'dot']))
    .addHelpText('after', MATRIX_HELP);
  return bind(command, async (invocation, options) => await matrix(invocation, matrixSchema.parse(options)));
}

function diffCommand(bind: Bind): Command {
  const command = changeOptions(stateOptions(new Command('diff')))
    .summary('which connections a change opens and closes')
    .description('Compares two sets of network policies by what they allow, whether it was ever seen or not.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .addHelpText('after', DIFF_HELP);
  return bind(command, async (invocation, options) => await diff(invocation, diffSchema.parse(options)));
}

function simulateCommand(bind: Bind): Command {
  const command = changeOptions(stateOptions(new Command('simulate')))
    .summary('what a change would do to recorded traffic')
    .description(
      'Which recorded connections and requests a change of policies would deny or allow, with how often and when they were ' +
        'last seen; and which connections it opens and closes that were never seen.',
    )
    .option('--edges <file...>', EDGES_HELP)
    .addOption(formatOption(['table', 'json', 'yaml']))
    .addHelpText('after', SIMULATE_HELP);
  return bind(command, async (invocation, options) => await simulate(invocation, simulateSchema.parse(options)));
}

function effectivenessCommand(bind: Bind): Command {
  const command = stateOptions(new Command('effectiveness'))
    .summary('which policies and rules do something')
    .description(
      'For every policy and rule: how often and when recorded traffic hit it, whether removing it would change nothing, and how ' +
        'much more it allows than was seen; workloads that no policy covers; and where traffic contradicts the policies.',
    )
    .option('--edges <file...>', `${EDGES_HELP}; without any, hits are not observable`)
    .addOption(formatOption(['table', 'json', 'yaml']))
    .addHelpText('after', EFFECTIVENESS_HELP);
  return bind(
    command,
    async (invocation, options) => await effectiveness(invocation, effectivenessSchema.parse(options)),
  );
}

function recommendCommand(bind: Bind): Command {
  const command = stateOptions(new Command('recommend'))
    .summary('policies that let through what was seen')
    .description(
      'Writes the smallest readable policies under which everything stays allowed that recorded traffic shows as allowed, and ' +
        'little else is. What it can’t express, and where it allows more than was seen, is said.',
    )
    .requiredOption('--edges <file...>', EDGES_HELP)
    .addOption(
      new Option('--kind <kind>', 'what to write (default: cilium where Cilium enforces, else networkpolicy)').choices([
        'networkpolicy',
        'cilium',
        'authorization',
      ]),
    )
    .addOption(
      new Option('--mode <mode>', 'only what has traffic; every workload of the namespaces; or existing policies')
        .choices(['minimal', 'namespace', 'tighten-existing'])
        .default('minimal'),
    )
    .option('-n, --namespace <namespace...>', 'only for workloads of these (default: all)')
    .option('--min-observation <duration>', 'a workload that was seen for less is marked', duration, MIN_OBSERVATION_MS)
    .option('--block4 <length>', 'widens IPv4 addresses outside of the cluster to such blocks', prefixLength(32))
    .option('--block6 <length>', 'the same for IPv6', prefixLength(128))
    .option('--now <time>', 'the time of the recommendation (default: now)', instant)
    .addOption(formatOption(['yaml', 'json', 'table']))
    .addHelpText('after', RECOMMEND_HELP);
  return bind(command, async (invocation, options) => await recommend(invocation, recommendSchema.parse(options)));
}

const LINT_HELP = `
Exits with 0 when nothing is an error, with 1 when something is (--strict: or a warning), with 2 when a file can't be read.

Examples:
  kestrelctl policy lint --dir manifests
  kestrelctl policy lint --dir manifests --profile cilium --strict -o json | jq '.problems'`;

const EVALUATE_HELP = `
A question: {"id": 1, "src": {"namespace": "shop", "pod": "web-1"}, "dst": {"namespace": "shop", "pod": "cart-1", "port": 8080},
"protocol": "TCP"}, with "ip", "remoteIp" and "principal" (without spiffe://) of src, "ip" of dst, "sni", "http" {method, path, host,
headers} and "jwt" {claims} where they are known; "jwt": null says that there is no token.
An answer: {"id", "allowed": true, false or null (it can't be told), "decidedBy", "reason"}.
Exits with 0 when all lines were judged, with 2 when something of the input could not be used; stderr says what.

Examples:
  kestrelctl policy evaluate --dir manifests --requests requests.jsonl
  kestrelctl policy evaluate --dir manifests --requests requests.jsonl -o jsonl --profile cilium --layer network`;

const MATRIX_HELP = `
Examples:
  kestrelctl policy matrix --dir manifests
  kestrelctl policy matrix --dir manifests -o json | jq '.unprotected'
  kestrelctl policy matrix --dir manifests -o dot | dot -Tsvg > matrix.svg`;

const DIFF_HELP = `
--to compares with the policies below another path: with the cluster that it describes if it has workloads, else on the same ones.

Examples:
  kestrelctl policy diff --dir manifests --candidate change.yaml
  kestrelctl policy diff --dir manifests --delete 'shop/cart[NetworkPolicy]'
  kestrelctl policy diff --dir main/manifests --to branch/manifests -o json`;

const SIMULATE_HELP = `
The change is given as in policy diff.

Examples:
  kestrelctl policy simulate --dir manifests --candidate change.yaml --edges edges.jsonl
  kestrelctl policy simulate --records resources.jsonl --delete 'shop/cart[NetworkPolicy]' --edges edges.jsonl -o json`;

const EFFECTIVENESS_HELP = `
Examples:
  kestrelctl policy effectiveness --dir manifests --edges edges.jsonl
  kestrelctl policy effectiveness --dir manifests -o json | jq '.coverage'`;

const RECOMMEND_HELP = `
YAML has the manifests, with what to know about them in comments above; JSON has everything, with the evidence.

Examples:
  kestrelctl policy recommend --dir manifests --edges edges.jsonl > recommended.yaml
  kestrelctl policy recommend --dir manifests --edges edges.jsonl --kind authorization --mode namespace -n shop -o json`;
