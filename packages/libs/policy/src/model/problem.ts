import type { ObjectRef } from './object-ref.ts';

/**
 * What kind of trouble a {@link Problem} is:
 * - `unreadable`: no YAML or JSON, or beyond a limit of the reader
 * - `invalid`: the API server would refuse the object
 * - `unsupported`: a field, value or kind that the engine does not know; what it could affect is incomplete
 * - `unresolved`: something named that is not there (a namespace, a CIDR group, a provider)
 * - `assumed`: something not given, with the value that was taken instead
 * - `ineffective`: valid, but without the effect that its author probably meant
 */
export type ProblemCode = 'unreadable' | 'invalid' | 'unsupported' | 'unresolved' | 'assumed' | 'ineffective';

/** One thing that is wrong with the input, or that limits what can be said of it. */
export interface Problem {
  /** `error`: the object is not used. `warning`: used, but read the message. `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: ProblemCode;
  /** The object, where it could be told. */
  readonly object?: ObjectRef;
  /** Where it came from, for example `shop.yaml#2` (the second document of the file). */
  readonly source?: string;
  /** Field path within the object, for example `spec.ingress[0].from[1].ipBlock.cidr`; empty for the whole object. */
  readonly path: string;
  readonly message: string;
}
