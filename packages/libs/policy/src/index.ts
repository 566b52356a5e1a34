export { addressText, canonicalAddress, compareAddresses, parseAddress } from './address/address.ts';
export type { Address, AddressFamily } from './address/address.ts';
export {
  canonicalCidr,
  cidrText,
  parseCidr,
  parseCidrOrAddress,
  parseRange,
  rangeText,
  rangeToCidrs,
} from './address/cidr.ts';
export type { AddressRange, Cidr } from './address/cidr.ts';
export * from './model/cause.ts';
export * from './model/cluster.ts';
export * from './model/object-ref.ts';
export * from './model/policy.ts';
export * from './model/problem.ts';
export * from './model/profile.ts';
export * from './model/selector.ts';
export * from './network/layer7.ts';
export * from './network/peer.ts';
export * from './network/rule.ts';
export * from './network/verdict.ts';
export { isLabelKey, isLabelValue, labelSelectorSchema, toSelector } from './network/label-selector.ts';
export type { LabelSelector } from './network/label-selector.ts';
export { readNetworkPolicy, rulesOf } from './network/kubernetes/network-policy.ts';
export type {
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicyRule,
  NetworkPolicySpec,
} from './network/kubernetes/network-policy.ts';
export { LOSS_REASON_NAMES, PEER_CLASS_NAMES } from './traffic/contract-names.ts';
export type { LossReasonName, PeerClassName } from './traffic/contract-names.ts';
export { mergeObserved } from './traffic/merge-observed.ts';
export { OBSERVED_VERDICTS } from './traffic/observed-connection.ts';
export type {
  EdgeRef,
  NamedPolicy,
  ObservationSide,
  ObservedConnection,
  ObservedLoss,
  ObservedVerdict,
  VerdictTally,
} from './traffic/observed-connection.ts';
export { hasVariablePart, readL4, readL7 } from './traffic/read-edge.ts';
export { EndpointReader } from './traffic/read-endpoint.ts';
export { evidenceOf, readTraffic } from './traffic/read-traffic.ts';
export type { Traffic, TrafficEvidence } from './traffic/read-traffic.ts';
export { placedRules, readAdminPolicy } from './network/admin/admin-policy.ts';
export type { PlacedRule } from './network/admin/admin-policy.ts';
export type { AdminPeer, AdminRule, AdminSpec, AdminSubject } from './network/admin/admin-schema.ts';
export { readManifests } from './parse/read-manifests.ts';
export type { ManifestFile } from './parse/text/documents.ts';
export { READ_LIMITS } from './parse/text/limits.ts';
export type { ReadLimits } from './parse/text/limits.ts';
export { compileAuthorization } from './authorization/compile-authorization.ts';
export type {
  AuthorizationDecider,
  AuthorizationDestination,
  AuthorizationEngine,
  AuthorizationRequest,
  AuthorizationSource,
  AuthorizationVerdict,
  EnforcingDataPlane,
} from './authorization/request.ts';
export { compileNetwork, compilePair } from './network/engine/compile-network.ts';
export type { CompileOptions } from './network/engine/compile-network.ts';
export type { NetworkEngine, ReachGroup } from './network/engine/network-engine.ts';
export { connectivityMatrix } from './matrix/connectivity-matrix.ts';
export { exposure } from './matrix/exposure.ts';
export type { Exposure, OutsideAccess } from './matrix/exposure.ts';
export type { Matrix, MatrixConnection, MatrixGap, MatrixPeer } from './matrix/matrix.ts';
export { matrixDifference } from './matrix/matrix-difference.ts';
export type { ConnectionChange, MatrixDifference, UnclearChange } from './matrix/matrix-difference.ts';
export { portsText } from './matrix/ports.ts';
export type { AllowedPorts, Interval, PortSet } from './matrix/ports.ts';
export { touchedSubjects } from './matrix/touched-subjects.ts';
export type { Touched } from './matrix/touched-subjects.ts';
export { evaluateRequest } from './evaluate/evaluate-request.ts';
export type { Decision, Judges, LineVerdict } from './evaluate/evaluate-request.ts';
export { Places } from './evaluate/places.ts';
export type { PlacedLine } from './evaluate/places.ts';
export { requestLineSchema } from './evaluate/request-line.ts';
export type { RequestLine } from './evaluate/request-line.ts';
export { tokensInUsualPlaces } from './evaluate/tokens-in-usual-places.ts';
export { detectProfile } from './profile/detect-profile.ts';
export type { GivenProfile } from './profile/detect-profile.ts';
export { readRecords } from './parse/read-records.ts';
export { applyCandidate, deleteAnnotation } from './parse/apply-candidate.ts';
export type { Candidate, PolicyChange } from './parse/apply-candidate.ts';
export { translateCiliumPolicies } from './network/cilium/translate.ts';
export { isIdentityLabel } from './network/cilium/identity-labels.ts';
export { matchesDnsPattern } from './network/dns-pattern.ts';
export { layer7Allows } from './network/layer7-match.ts';
export { lintNetworkPolicies } from './network/kubernetes/lint-network-policy.ts';
export { lintAdminPolicies } from './network/admin/lint-admin-policy.ts';
export { endpointText } from './traffic/endpoint-text.ts';
export {
  authorizationQuestion,
  authorizationQuestions,
  authorizationTraffic,
} from './traffic/authorization-question.ts';
export { networkOutcome, networkQuestion } from './traffic/network-question.ts';
export { simulate } from './simulation/simulate.ts';
export type { SimulationInput } from './simulation/simulate.ts';
export type { Effect, Observed, ObservedChange, Seen, Simulation, SimulationNote } from './simulation/simulation.ts';
export { manifestsYaml } from './recommendation/manifest-yaml.ts';
export { manifestPolicy, manifestRef } from './recommendation/manifest.ts';
export type { Manifest } from './recommendation/manifest.ts';
export { MIN_OBSERVATION_MS } from './recommendation/recommend-input.ts';
export type { RecommendInput } from './recommendation/recommend-input.ts';
export { recommend } from './recommendation/recommend.ts';
export type * from './recommendation/recommendation.ts';
export { ProblemLines } from './parse/problem-lines.ts';
export { effectiveness } from './effectiveness/measure-effectiveness.ts';
export type { EffectivenessInput } from './effectiveness/measure-effectiveness.ts';
export type {
  Broader,
  BroaderBlock,
  Contradiction,
  ContradictionKind,
  Coverage,
  Effectiveness,
  Hits,
  PolicyEffect,
  Redundancy,
  RuleEffect,
} from './effectiveness/effectiveness.ts';
