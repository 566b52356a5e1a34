import type { Cause, Outcome } from '../model/cause.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import type { AuthorizationProfile } from '../model/profile.ts';
import type { Labels } from '../model/selector.ts';

/** Where a request comes from. What is not given is not known, unless it follows from the pod. */
export interface AuthorizationSource {
  readonly namespace?: string;
  readonly pod?: string;
  /** Address of the peer of the connection; without one, the pod's. */
  readonly ip?: string;
  /** Address of the original client (X-Forwarded-For, proxy protocol). */
  readonly remoteIp?: string;
  /**
   * As in certificates, without `spiffe://`. The empty text says that there is none; undefined: taken from the pod, its
   * service account and PeerAuthentication, as far as they tell.
   */
  readonly principal?: string;
  readonly serviceAccount?: string;
  readonly labels?: Labels;
}

/** Where a request goes: a pod, the pods of a workload, or whatever has these labels. */
export interface AuthorizationDestination {
  readonly namespace: string;
  readonly pod?: string;
  /** Also a Service or ServiceEntry, for waypoints. */
  readonly workload?: ObjectRef;
  readonly labels?: Labels;
  readonly ip?: string;
  /** Port of the pod; for a waypoint the port that the proxy sees. */
  readonly port: number;
}

/** One connection, or with `http` one request on it. Without `http` it is plain TCP unless the port is declared as HTTP. */
export interface AuthorizationRequest {
  readonly source: AuthorizationSource;
  readonly destination: AuthorizationDestination;
  readonly protocol: 'TCP';
  /** Empty: known to have sent none. */
  readonly sni?: string;
  /** A missing field is not known. `headers` are complete when given; names in any case. */
  readonly http?: {
    readonly method?: string;
    /** With or without query; as the proxy sees it after its path normalization. */
    readonly path?: string;
    /** Where the path is not given: as recorded, with placeholders for what varies (`/cart/{id}`). */
    readonly pathTemplate?: string;
    /** The authority, with its port if the client sent one. */
    readonly host?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Claims of a valid token; no claims at all: known to have none. Undefined: not known. */
  readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> };
}

/** Who enforces at a destination; `unknown` where the state doesn't tell. */
export type EnforcingDataPlane = 'sidecar' | 'waypoint' | 'ztunnel' | 'none' | 'unknown';

/** What decided. */
export interface AuthorizationDecider {
  readonly policy: ObjectRef;
  /** The rule, or `spec` where no rule of the policy matched; for a PeerAuthentication the mode that refuses plaintext. */
  readonly path: string;
  readonly action: 'ALLOW' | 'DENY' | 'CUSTOM' | 'default-deny';
}

/** May this request be made? */
export interface AuthorizationVerdict {
  readonly outcome: Outcome;
  readonly dataPlane: EnforcingDataPlane;
  /** What decided; empty where no policy has a say. For an unknown: what may decide. */
  readonly deciders: readonly AuthorizationDecider[];
  /** Dry-run policies that would have decided otherwise, and AUDIT policies that match. */
  readonly audited: readonly ObjectRef[];
  /** A sentence for a person. For a denial it says what would be needed. */
  readonly reason: string;
  /** Why it is unknown; empty otherwise. */
  readonly causes: readonly Cause[];
}

/** Compiled AuthorizationPolicies, PeerAuthentications and RequestAuthentications of a cluster. */
export interface AuthorizationEngine {
  readonly profile: AuthorizationProfile;
  readonly problems: readonly Problem[];
  /** The verdict with its explanation. */
  verdict(request: AuthorizationRequest): AuthorizationVerdict;
  /** Only the outcome: several times faster. */
  outcome(request: AuthorizationRequest): Outcome;
  /** AuthorizationPolicies that apply (or may apply) there: CUSTOM, DENY, ALLOW, AUDIT. */
  applying(destination: AuthorizationDestination): readonly Policy[];
  /** Every rule that certainly matches, dry-run and AUDIT policies included, not only those that decide. */
  matching(request: AuthorizationRequest): readonly { readonly policy: ObjectRef; readonly path: string }[];
  /** Every rule of which it is not certain that it does not match; holds all of {@link matching}. */
  mayMatch(request: AuthorizationRequest): readonly { readonly policy: ObjectRef; readonly path: string }[];
  /** The same cluster with other policies; unchanged ones (the same objects) are not compiled again. */
  with(policies: readonly Policy[]): AuthorizationEngine;
}
