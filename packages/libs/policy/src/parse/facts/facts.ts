import type { DataPlaneSigns, EndpointSlice, MeshSigns, Namespace, Node, Pod, Service } from '../../model/cluster.ts';
import type { ObjectRef } from '../../model/object-ref.ts';
import { refText } from '../../model/object-ref.ts';
import type { CidrGroup, Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';

/** What one object says of a pod; what others say of it (its workload, its namespace's mesh) is joined by buildCluster. */
export interface PodFacts extends Omit<Pod, 'workload' | 'template' | 'meshDataPlane'> {
  /** Has a proxy of a mesh among its containers, or says that one was injected. */
  readonly proxied: boolean;
  /** Was seen running, so that what would have been injected is there already. */
  readonly running: boolean;
}

/** A controller of pods. */
export interface WorkloadFacts {
  readonly ref: ObjectRef;
  /** Its pod template; undefined where it makes no pods now. Name and namespace are the workload's. */
  readonly template: PodFacts | undefined;
}

/**
 * Everything that the objects of an input say, each on its own; filled while reading. The last object of a kind and name
 * wins, as if the objects were applied one after the other.
 */
export class Facts {
  readonly namespaces = new Map<string, Namespace>();
  readonly nodes = new Map<string, Node>();
  readonly pods = new Map<string, PodFacts>();
  readonly workloads = new Map<string, WorkloadFacts>();
  readonly services = new Map<string, Service>();
  /** Several for an Endpoints object, one for each subset. */
  readonly endpointSlices = new Map<string, readonly EndpointSlice[]>();
  readonly policies = new Map<string, Policy>();
  readonly cidrGroups = new Map<string, CidrGroup>();
  /** Direct owner by the text of the owned object's reference. */
  readonly owners = new Map<string, ObjectRef>();
  readonly problems: Problem[] = [];
  /** The first sign of each sort that was seen. */
  ciliumConfig: DataPlaneSigns['ciliumConfig'];
  cilium: DataPlaneSigns['cilium'];
  /** The agent itself, which tells more than its custom resources. */
  ciliumAgent: string | undefined;
  otherPlugin: DataPlaneSigns['otherPlugin'];
  mesh: MeshSigns | undefined;

  /** The key under which an object stands in {@link pods}, {@link workloads} and so on. */
  static key(ref: ObjectRef): string {
    return refText(ref);
  }
}
