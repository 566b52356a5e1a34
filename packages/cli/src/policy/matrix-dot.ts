import { portsText, type Matrix } from '@kestrel/policy';

/** A matrix for Graphviz: namespaces as boxes, allowed connections solid, those that can't be told dashed. */
export function matrixDot({ peers, ranges, connections, incomplete }: Matrix): string {
  const groups = Map.groupBy(peers, ({ id }) => (id.includes('/') ? id.slice(0, id.indexOf('/')) : ''));
  const boxes = [...groups].map(([namespace, members]) => box(namespace, members));
  const used = new Set([...connections, ...incomplete].flatMap(({ src, dst }) => [src, dst]));
  const outside = ranges.filter((range) => used.has(range));
  return [
    'digraph policies {',
    '  rankdir=LR;',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...boxes,
    ...outside.map((range) => `  ${quoted(range)} [shape=ellipse, style=dashed];`),
    ...connections.map(({ src, dst, allow }) => edge(src, dst, portsText(allow), 'solid')),
    ...incomplete.map(({ src, dst, unknown }) => edge(src, dst, `? ${portsText(unknown)}`, 'dashed')),
    '}',
    '',
  ].join('\n');
}

function box(namespace: string, members: Matrix['peers']): string {
  const nodes = members.map(({ id }) => `    ${quoted(id)} [label=${quoted(id.slice(id.indexOf('/') + 1))}];`);
  return [`  subgraph ${quoted(`cluster_${namespace}`)} {`, `    label=${quoted(namespace)};`, ...nodes, '  }'].join(
    '\n',
  );
}

function edge(src: string, dst: string, label: string, style: string): string {
  return `  ${quoted(src)} -> ${quoted(dst)} [label=${quoted(label)}, style=${style}];`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`;
}
