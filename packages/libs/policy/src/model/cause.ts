/**
 * Why something can't be told:
 * - `profile`: data planes differ here, and the profile is not known
 * - `address`: an address that decides is not known (a pod's, a node's, the API server's)
 * - `node`: on which node a pod runs is not known, and it decides
 * - `named-port`: a port name that can't be resolved
 * - `dns`: which names an address answers to is not known
 * - `source-hidden`: the true source may be hidden by address translation
 * - `unsupported`: a policy has a part that the engine does not know
 * - `workload-differs`: the pods of the workload get different answers
 * - `request`: the request lacks a fact that decides (claims, remote address, principal, method, …)
 * - `incomplete`: state that decides is missing from the input
 * - `provider`: an external authorization provider decides (AuthorizationPolicy CUSTOM)
 */
export type CauseCode =
  | 'profile'
  | 'address'
  | 'node'
  | 'named-port'
  | 'dns'
  | 'source-hidden'
  | 'unsupported'
  | 'workload-differs'
  | 'request'
  | 'incomplete'
  | 'provider';

/** One reason for an unknown, in words that name the missing fact. */
export interface Cause {
  readonly code: CauseCode;
  readonly message: string;
}

/** What is known of a statement. `unknown` always comes with its {@link Cause}s. */
export type Outcome = 'allowed' | 'denied' | 'unknown';
