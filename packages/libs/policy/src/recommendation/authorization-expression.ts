import { refText } from '../model/object-ref.ts';
import type { Direction } from '../network/rule.ts';
import { addressPeer } from './address-peer.ts';
import { authorizationManifest } from './authorization-form.ts';
import { isWhole } from './cilium-expression.ts';
import { impossible } from './expression.ts';
import type { Expressed, ExpressionContext, PolicyForm, Unsaid } from './expression.ts';
import { unknownPod } from './network-policy-expression.ts';
import { istioPath, parsePathTemplate } from './path-template.ts';
import type { Generalisation } from './recommendation.ts';
import type { PeerScope, PortScope } from './scope.ts';
import { endText } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** Recommends AuthorizationPolicy objects. */
export const authorizationPolicies: PolicyForm = {
  kind: 'authorization',
  objectKind: 'AuthorizationPolicy',
  directions: ['ingress'],
  express,
  apart: () => '',
  write: authorizationManifest,
};

function express(sighting: Sighting, _direction: Direction, context: ExpressionContext): Expressed {
  const { protocol, port, source } = sighting;
  // Istio's data planes carry TCP only; all else passes by them.
  if (protocol !== 'TCP') return { kind: 'implicit' };
  if (source.kind === 'node' && source.side === 'host' && sighting.layer === 'l4') return { kind: 'implicit' };
  const peer = sourceOf(sighting, context);
  if ('kind' in peer) return peer;
  const requests = requestsOf(sighting, context);
  return {
    kind: 'allow',
    peers: [peer.peer],
    port: { protocol, port, ...requests.port },
    widened: peer.widened,
    unsaid: requests.unsaid,
  };
}

function sourceOf(
  { source, principal }: Sighting,
  context: ExpressionContext,
): { readonly peer: PeerScope; readonly widened: readonly Generalisation[] } | Expressed {
  if (principal !== undefined && principal !== '') {
    return { peer: { kind: 'principal', principal }, widened: sharedAccount(source, principal, context) };
  }
  switch (source.kind) {
    case 'pods':
      return principal === '' ? plaintext(source) : byServiceAccount(source, context);
    case 'world':
    case 'node':
    case 'api-server':
    case 'reserved':
      if (source.cidr === undefined)
        return impossible('address-unknown', `the address of ${endText(source)} was not recorded`);
      return addressPeer(source.cidr, context);
    case 'unknown':
      return impossible('peer-unknown', 'nothing is known of the source');
  }
}

function plaintext(source: Sighting['source']): Expressed {
  return impossible(
    'principal',
    `${endText(source)} was seen without mutual TLS: it has no principal that a rule could name`,
  );
}

/** What a source shows when it uses its certificate; whether it does is for the check to find out. */
function byServiceAccount(
  source: Extract<Sighting['source'], { kind: 'pods' }>,
  context: ExpressionContext,
): ReturnType<typeof sourceOf> {
  const { workload } = source;
  const accounts = [...new Set(workload.pods.map(({ serviceAccount }) => serviceAccount))];
  const [account] = accounts;
  if (account === undefined) return unknownPod(source);
  if (accounts.length > 1) return impossible('principal', `pods of ${workload.key} have different service accounts`);
  const principal = `${context.profile.authorization.trustDomain}/ns/${workload.ref.namespace}/sa/${account}`;
  return { peer: { kind: 'principal', principal }, widened: sharedAccount(source, principal, context) };
}

/** A principal is a service account: others may use it too. */
function sharedAccount(
  source: Sighting['source'],
  principal: string,
  { catalogue }: ExpressionContext,
): readonly Generalisation[] {
  const [, namespace, account] = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
  if (namespace === undefined || account === undefined) return [];
  const own = source.kind === 'pods' ? source.workload.key : '';
  const alsoReaches = catalogue
    .ofNamespace(namespace)
    .filter(({ key, pods }) => key !== own && pods.some(({ serviceAccount }) => serviceAccount === account))
    .map(({ ref }) => ref)
    .toSorted((a, b) => (refText(a) < refText(b) ? -1 : 1));
  return [
    {
      kind: 'service-account',
      observed: endText(source),
      allowed: `whoever shows the principal ${principal}`,
      alsoReaches,
    },
  ];
}

/** ztunnel sees connections only, and a path that Istio would read as a pattern can't be written. */
function requestsOf(
  { request, layer, allowed }: Sighting,
  { profile }: ExpressionContext,
): { readonly port: Pick<PortScope, 'requests'>; readonly unsaid: readonly Unsaid[] } {
  if (layer === 'l4' || request === undefined || !allowed.complete || !isWhole(request))
    return { port: {}, unsaid: [] };
  if (profile.authorization.dataPlane === 'ztunnel') {
    return { port: {}, unsaid: [{ what: 'requests', explanation: 'ztunnel sees connections, not requests' }] };
  }
  if (request.path !== undefined && istioPath(parsePathTemplate(request.path)) === undefined) {
    return { port: {}, unsaid: [{ what: 'path', explanation: `Istio would read ${request.path} as another pattern` }] };
  }
  return { port: { requests: [request] }, unsaid: [] };
}
