import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import type { Bind } from '../bind.ts';
import { formatOption } from '../output-format.ts';
import { get } from './get.ts';
import { tail } from './tail.ts';

const LAST_DEFAULT = 10;
const LAST_MAX = 1_000;

const tailSchema = z.object({
  stream: z.array(z.string()).default([]),
  kind: z.string().min(1).optional(),
  group: z.string().optional(),
  namespace: z.string().optional(),
  last: z.number(),
  follow: z.boolean().default(false),
  output: z.enum(['text', 'json']),
});
const getSchema = z.object({
  stream: z.string().optional(),
  seq: z.number().optional(),
  kind: z.string().min(1).optional(),
  group: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().min(1).optional(),
  output: z.enum(['text', 'json']),
});

/** `kestrelctl events` */
export function eventsCommand(bind: Bind): Command {
  return new Command('events')
    .description('Reads the events on the bus, decoded. Nothing is consumed: the streams stay as they are.')
    .addCommand(tailCommand(bind))
    .addCommand(getCommand(bind));
}

function tailCommand(bind: Bind): Command {
  const command = new Command('tail')
    .summary('the last events, and those that come')
    .description('Shows the last events, oldest first. Kind, group and namespace are filtered by the server.')
    .option('-s, --stream <name...>', 'streams, with or without KESTREL_ (default: all that may be read)')
    .option('-k, --kind <kind>', 'records of objects of this kind, as in manifests (Pod)', text)
    .option('-g, --group <group>', 'records of objects of this API group ("core" is the one without a name)')
    .option('-n, --namespace <namespace>', 'records of objects in this namespace ("" for those of the cluster)')
    .option('-l, --last <count>', `how many to begin with, 0 to ${LAST_MAX}`, wholeNumber(0, LAST_MAX), LAST_DEFAULT)
    .option('-f, --follow', 'goes on until Ctrl-C, over reconnects')
    .addOption(formatOption(['text', 'json']))
    .addHelpText('after', TAIL_HELP);
  return bind(command, async (invocation, options) => {
    const { stream: streams, ...others } = tailSchema.parse(options);
    return await tail(invocation, { streams, ...others });
  });
}

function getCommand(bind: Bind): Command {
  const command = new Command('get')
    .summary('one event: by its place, or the last record of an object')
    .description('Shows one event whole: the one at a place in a stream, or the last record of an object.')
    .option('-s, --stream <name>', 'stream, with or without KESTREL_')
    .option('--seq <number>', 'sequence in the stream', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('-k, --kind <kind>', 'kind of the object, as in manifests (Pod)', text)
    .option('--name <name>', 'name of the object', text)
    .option('-n, --namespace <namespace>', 'namespace of the object ("" for one of the cluster; default: any)')
    .option('-g, --group <group>', 'API group of the object ("core" is the one without a name; default: any)')
    .addOption(formatOption(['text', 'json']))
    .addHelpText('after', GET_HELP);
  return bind(command, async (invocation, options) => await get(invocation, getSchema.parse(options)));
}

function wholeNumber(min: number, max: number): (given: string) => number {
  return (given) => {
    const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function text(given: string): string {
  if (given === '') throw new InvalidArgumentError('It must not be empty.');
  return given;
}

const TAIL_HELP = `
-o json writes one line for each event: stream, seq, time, subject, attributes, headers, data.

Examples:
  kestrelctl events tail --stream events --last 50
  kestrelctl events tail --kind Pod --namespace shop --follow
  kestrelctl events tail -s resources -l 1000 -o json | jq -r .attributes.type`;

const GET_HELP = `
Examples:
  kestrelctl events get --stream resources --seq 42
  kestrelctl events get --kind Deployment --namespace shop --name cart -o json`;
