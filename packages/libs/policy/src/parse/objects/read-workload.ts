import { z } from 'zod';
import type { WorkloadFacts } from '../facts/facts.ts';
import { list, text } from './fields.ts';
import type { RawObject } from './raw-object.ts';
import { podTemplate, readTemplate } from './read-pod.ts';

/** Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, and what others made in their image. */
export const workloadObject = z.object({
  spec: z.object({ replicas: z.int().nullish(), template: podTemplate }),
});

/** Job. */
export const jobObject = z.object({
  spec: z.object({ template: podTemplate }),
  status: z
    .object({ conditions: list(z.object({ type: text, status: text })) })
    .nullish()
    .transform((value) => value ?? { conditions: [] }),
});

/** CronJob. */
export const cronJobObject = z.object({
  spec: z.object({ jobTemplate: z.object({ spec: z.object({ template: podTemplate }) }) }),
});

/** A workload with its template. A ReplicaSet scaled to 0 that another object owns is an old revision: it makes no pods. */
export function readWorkload({ spec }: z.output<typeof workloadObject>, raw: RawObject): WorkloadFacts {
  const retired = raw.metadata.owner !== undefined && spec.replicas === 0;
  return { ref: raw.ref, template: retired ? undefined : readTemplate(spec.template, raw.ref) };
}

/** A Job; one that has ended makes no pods any more. Pods of a Job have its name as a label, which the API server adds. */
export function readJob({ spec, status }: z.output<typeof jobObject>, raw: RawObject): WorkloadFacts {
  const ended = status.conditions.some(
    (each) => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True',
  );
  if (ended) return { ref: raw.ref, template: undefined };
  const template = readTemplate(spec.template, raw.ref);
  const labels = new Map([
    ...template.labels,
    ['job-name', raw.ref.name] as const,
    ['batch.kubernetes.io/job-name', raw.ref.name] as const,
  ]);
  return { ref: raw.ref, template: { ...template, labels } };
}

/** A CronJob, with the template of the Jobs that it makes. */
export function readCronJob({ spec }: z.output<typeof cronJobObject>, raw: RawObject): WorkloadFacts {
  return { ref: raw.ref, template: readTemplate(spec.jobTemplate.spec.template, raw.ref) };
}
