import { z } from 'zod';
import type { MeshSigns } from '../../model/cluster.ts';
import type { Labels } from '../../model/selector.ts';
import { list, stringMap, text } from '../objects/fields.ts';
import { readDocuments } from '../text/documents.ts';
import { isObject } from '../text/json-object.ts';
import { READ_LIMITS } from '../text/limits.ts';

/** A ConfigMap; only read when its name says that it configures a data plane. */
export const configMapObject = z.object({ data: stringMap });

const meshConfig = z.object({
  rootNamespace: text,
  trustDomain: text,
  trustDomainAliases: list(z.string()),
});

/** IstioOperator (spec.meshConfig) or Sail's Istio (spec.values.meshConfig). */
export const istioInstallation = z.object({
  spec: z
    .object({
      meshConfig: meshConfig.nullish(),
      values: z.object({ meshConfig: meshConfig.nullish() }).nullish(),
    })
    .nullish(),
});

/** Whether a ConfigMap is Istio's mesh configuration: `istio`, or `istio-REVISION` with a mesh in it. */
export function isMeshConfig(name: string, data: Labels): boolean {
  return (name === 'istio' || name.startsWith('istio-')) && data.has('mesh');
}

/** Mesh settings from the `mesh` text of Istio's ConfigMap; undefined when it can't be read. */
export function meshOfConfigMap(data: Labels, source: string): MeshSigns | undefined {
  const [document] = readDocuments({ source, text: data.get('mesh') ?? '' }, READ_LIMITS).documents;
  const result = meshConfig.safeParse(isObject(document?.value) ? document.value : {});
  return document !== undefined && result.success ? meshSigns(result.data) : undefined;
}

/** Mesh settings from an installation's resource; undefined when it has none. */
export function meshOfInstallation({ spec }: z.output<typeof istioInstallation>): MeshSigns | undefined {
  const found = spec?.meshConfig ?? spec?.values?.meshConfig;
  return found === undefined || found === null ? undefined : meshSigns(found);
}

function meshSigns({ rootNamespace, trustDomain, trustDomainAliases }: z.output<typeof meshConfig>): MeshSigns {
  return { rootNamespace: rootNamespace || undefined, trustDomain: trustDomain || undefined, trustDomainAliases };
}
