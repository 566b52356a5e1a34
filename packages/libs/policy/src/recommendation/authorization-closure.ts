import { isObject } from '../parse/text/json-object.ts';
import { istioPath, parsePathTemplate } from './path-template.ts';
import type { Manifest } from './manifest.ts';
import type { Allowance } from './scope.ts';

/** One thing that an AuthorizationPolicy lets through; `*` stands for whatever. */
export type Permit = string;

/** What allowances permit, one by one: source, port, method and path. */
export function permitsOf(allowances: readonly Allowance[]): ReadonlySet<Permit> {
  const permits = new Set<Permit>();
  for (const { peer, port } of allowances) {
    const source = peer.kind === 'principal' ? peer.principal : peer.kind === 'addresses' ? peer.cidr : '';
    for (const { method, path } of port.requests ?? [{}]) {
      permits.add(
        permit(
          source,
          String(port.port),
          method ?? '*',
          path === undefined ? '*' : (istioPath(parsePathTemplate(path)) ?? ''),
        ),
      );
    }
  }
  return permits;
}

/** What the rules of a manifest permit: read back from the object, so that its writing is checked too. */
export function permitsOfManifest({ spec }: Manifest): readonly Permit[] {
  return objects(spec['rules']).flatMap((rule) => {
    const sources = objects(rule['from']).flatMap(({ source }) =>
      isObject(source) ? [...texts(source['principals']), ...texts(source['ipBlocks'])] : ['*'],
    );
    return objects(rule['to']).flatMap(({ operation }) => {
      const { ports, methods, paths } = isObject(operation) ? operation : {};
      return (sources.length === 0 ? ['*'] : sources).flatMap((source) =>
        orAny(ports).flatMap((port) =>
          orAny(methods).flatMap((method) => orAny(paths).map((path) => permit(source, port, method, path))),
        ),
      );
    });
  });
}

function permit(source: string, port: string, method: string, path: string): Permit {
  return `${source} ${port} ${method} ${path}`;
}

function orAny(value: unknown): readonly string[] {
  const list = texts(value);
  return list.length === 0 ? ['*'] : list;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function objects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
