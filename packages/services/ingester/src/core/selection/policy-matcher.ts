import { type Labels, labelsMeet, meets, type Requirement } from './requirement.ts';
import type { PodTerm, Selection } from './selection.ts';
import type { SelectedPod } from './selected-pod.ts';

/** Selectors of the Services, by namespace and name; undefined for a Service that does not exist. */
export type ServiceSelectors = (namespace: string, name: string) => Labels | undefined;

/** A term whose Service, if it names one, has been looked up. */
interface ReadyTerm extends PodTerm {
  readonly serviceSelector: Labels | undefined;
}

/** Decides whether a policy selects a pod. Pure: the same pod and namespace labels always give the same answer. */
export class PolicyMatcher {
  /** The one namespace whose pods can match; undefined when pods of several can. */
  readonly namespace: string | undefined;
  readonly dependsOnNamespaceLabels: boolean;
  /** Why the answers don't tell everything; empty when they do. */
  readonly unknown: string;
  readonly #terms: readonly ReadyTerm[];

  constructor(selection: Selection, services: ServiceSelectors) {
    const problems = selection.unknown === '' ? [] : [selection.unknown];
    this.#terms = selection.terms.flatMap((term) => {
      const ready = readyTerm(term, services);
      if (typeof ready !== 'string') return [ready];
      problems.push(ready);
      return [];
    });
    this.unknown = problems.join('; ');
    this.namespace = onlyNamespace(selection.terms);
    this.dependsOnNamespaceLabels = selection.terms.some((term) => term.namespaceLabels.length > 0);
  }

  selects(pod: SelectedPod, namespaceLabels: Labels): boolean {
    return this.#terms.some((term) => termSelects(term, pod, namespaceLabels));
  }
}

function termSelects(term: ReadyTerm, pod: SelectedPod, namespaceLabels: Labels): boolean {
  return (
    (term.namespace === undefined || term.namespace === pod.namespace) &&
    labelsMeet(term.podLabels, pod.labels.labels) &&
    labelsMeet(term.namespaceLabels, namespaceLabels) &&
    allMeet(term.namespaceName, pod.namespace) &&
    allMeet(term.serviceAccount, pod.serviceAccount) &&
    (term.serviceSelector === undefined || contains(pod.labels.labels, term.serviceSelector))
  );
}

function allMeet(requirements: readonly Requirement[], value: string): boolean {
  return requirements.every((requirement) => meets(requirement, value));
}

function contains(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** The term, or why it can't be told what it selects. */
function readyTerm(term: PodTerm, services: ServiceSelectors): ReadyTerm | string {
  if (term.service === undefined) return { ...term, serviceSelector: undefined };
  const selector = services(term.namespace ?? '', term.service);
  if (selector === undefined) return `Service ${term.service} not found`;
  if (Object.keys(selector).length === 0) return `Service ${term.service} has no selector`;
  return { ...term, serviceSelector: selector };
}

function onlyNamespace(terms: readonly PodTerm[]): string | undefined {
  const first = terms[0]?.namespace;
  return terms.every((term) => term.namespace === first) ? first : undefined;
}
