import { z } from 'zod';
import type { ObjectRef } from '../../model/object-ref.ts';
import type { Problem } from '../../model/problem.ts';
import type { TextDocument } from '../text/documents.ts';
import { isObject } from '../text/json-object.ts';
import type { JsonObject } from '../text/json-object.ts';
import type { ReadLimits } from '../text/limits.ts';
import { templateMessage } from '../text/template-message.ts';
import { isClusterScoped } from './cluster-scoped.ts';
import { flag, list, pathOf, stringMap, text } from './fields.ts';
import { metadataWarnings } from './metadata-format.ts';
import type { RawObject } from './raw-object.ts';

const metadataSchema = z.object({
  metadata: z.object({
    name: text,
    generateName: text,
    namespace: text,
    labels: stringMap,
    annotations: stringMap,
    ownerReferences: list(z.object({ kind: z.string(), name: z.string(), controller: flag })),
  }),
});

/**
 * Finds the objects of documents: the document itself, or the items of a List (or of a typed list such as PodList, whose
 * items may leave out what the list's kind says). What is no object, or has no name, is reported and left out.
 */
export class RawObjects {
  readonly objects: RawObject[] = [];
  readonly problems: Problem[] = [];
  readonly #limits: ReadLimits;
  readonly #matters: (group: string, kind: string) => boolean;
  /** How many objects got a name from each `generateName`, by kind, namespace and prefix. */
  readonly #generated = new Map<string, number>();

  /** `matters` tells of which kinds the engine wants to know; others are passed over quietly when they have no metadata to speak of. */
  constructor(limits: ReadLimits, matters: (group: string, kind: string) => boolean) {
    this.#limits = limits;
    this.#matters = matters;
  }

  add({ value, source, templateLine }: Pick<TextDocument, 'value' | 'source' | 'templateLine'>): void {
    this.#add(value, { source, templateLine, lists: 0, listApiVersion: undefined, itemKind: undefined });
  }

  #add(value: unknown, at: Place): void {
    if (!isObject(value)) return this.#unreadable(at, `no Kubernetes object, but ${nameOfType(value)}`);
    const kind = value['kind'] ?? at.itemKind;
    const apiVersion = value['apiVersion'] ?? at.listApiVersion;
    if (typeof kind !== 'string' || kind === '' || typeof apiVersion !== 'string' || apiVersion === '') {
      return this.#unreadable(at, 'no Kubernetes object: it needs the texts apiVersion and kind', 'warning');
    }
    const { items } = value;
    if (kind.endsWith('List') && (Array.isArray(items) || items === null)) {
      return this.#addItems(Array.isArray(items) ? items : [], kind, apiVersion, at);
    }
    this.#addObject(value, kind, apiVersion, at);
  }

  #addItems(items: readonly unknown[], kind: string, apiVersion: string, at: Place): void {
    if (at.lists >= this.#limits.listDepthMax) {
      return this.#unreadable(at, `more than ${this.#limits.listDepthMax} lists within lists`);
    }
    const itemKind = kind === 'List' ? undefined : kind.slice(0, -'List'.length);
    for (const [index, item] of items.entries()) {
      this.#add(item, {
        source: `${at.source}.items[${index}]`,
        templateLine: at.templateLine,
        lists: at.lists + 1,
        itemKind,
        listApiVersion: itemKind === undefined ? undefined : apiVersion,
      });
    }
  }

  #addObject(value: JsonObject, kind: string, apiVersion: string, at: Place): void {
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const result = metadataSchema.safeParse(value);
    const matters = this.#matters(group, kind);
    if (!result.success) {
      if (!matters) return;
      const object = looseRef(value, kind, group);
      for (const { path, message } of result.error.issues) {
        this.#problem({
          severity: 'error',
          code: 'invalid',
          path: pathOf(path),
          message,
          source: at.source,
          ...object,
        });
      }
      return;
    }
    const { metadata } = result.data;
    if (!matters && (metadata.name === '' || metadata.name.includes('{{'))) return;
    if (at.templateLine !== undefined && isTemplated([metadata.name, metadata.namespace, [...metadata.labels]])) {
      return this.#unreadable(at, templateMessage(at.templateLine));
    }
    const namespace = isClusterScoped(group, kind) ? '' : metadata.namespace || 'default';
    const name = metadata.name || this.#generateName(metadata.generateName, kind, namespace, at.source);
    const ref: ObjectRef = { kind, namespace, name };
    if (name === '') {
      const message = 'neither a name nor generateName';
      this.#problem({
        severity: 'error',
        code: 'invalid',
        path: 'metadata.name',
        message,
        source: at.source,
        object: ref,
      });
      return;
    }
    for (const warning of matters ? metadataWarnings(name, metadata) : []) {
      this.#problem({ severity: 'warning', code: 'invalid', ...warning, source: at.source, object: ref });
    }
    // Only the controller counts; a lone owner that doesn't say so is taken as one.
    const owner = metadata.ownerReferences.find((each) => each.controller) ?? onlyOne(metadata.ownerReferences);
    this.objects.push({
      ref,
      group,
      version: apiVersion.slice(slash + 1),
      apiVersion,
      value,
      source: at.source,
      metadata: {
        labels: metadata.labels,
        annotations: metadata.annotations,
        owner: owner === undefined ? undefined : { kind: owner.kind, namespace, name: owner.name },
      },
      templateLine: at.templateLine,
    });
  }

  /** A name that stands for the random one of the API server; the same for the same input. */
  #generateName(prefix: string, kind: string, namespace: string, source: string): string {
    if (prefix === '') return '';
    const key = JSON.stringify([kind, namespace, prefix]);
    const number = (this.#generated.get(key) ?? 0) + 1;
    this.#generated.set(key, number);
    const name = `${prefix}${number}`;
    const message = `named "${name}" here: the API server makes the name from "${prefix}"`;
    const object = { kind, namespace, name };
    this.#problem({ severity: 'info', code: 'assumed', path: 'metadata.generateName', message, source, object });
    return name;
  }

  #unreadable({ source }: Place, message: string, severity: Problem['severity'] = 'error'): void {
    this.#problem({ severity, code: 'unreadable', source, path: '', message });
  }

  #problem(problem: Problem): void {
    this.problems.push(problem);
  }
}

interface Place {
  readonly source: string;
  readonly templateLine: number | undefined;
  /** How many lists it stands in. */
  readonly lists: number;
  readonly itemKind: string | undefined;
  readonly listApiVersion: string | undefined;
}

/** Whether a text in a value, as key or as value, has a template's braces. */
export function isTemplated(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, each]) => key.includes('{{') || isTemplated(each));
}

function onlyOne<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

/** A name for messages about an object whose metadata is wrong. */
function looseRef(value: JsonObject, kind: string, group: string): { object?: ObjectRef } {
  const metadata = value['metadata'];
  if (!isObject(metadata) || typeof metadata['name'] !== 'string') return {};
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : 'default';
  return { object: { kind, namespace: isClusterScoped(group, kind) ? '' : namespace, name: metadata['name'] } };
}

function nameOfType(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'nothing' : `a ${typeof value}`;
}
