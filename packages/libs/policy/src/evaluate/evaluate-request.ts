import type { AuthorizationEngine, AuthorizationRequest, AuthorizationVerdict } from '../authorization/request.ts';
import type { Cause, Outcome } from '../model/cause.ts';
import { refText } from '../model/object-ref.ts';
import type { Request } from '../network/layer7.ts';
import type { EndpointQuery } from '../network/peer.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { NetworkVerdict, SideVerdict } from '../network/verdict.ts';
import type { Direction } from '../network/rule.ts';
import { agreed } from './agreed.ts';
import type { Places } from './places.ts';
import type { RequestLine } from './request-line.ts';

/** Who is asked. A layer without an engine is not asked. */
export interface Judges {
  readonly network?: Pick<NetworkEngine, 'verdict'>;
  readonly authorization?: Pick<AuthorizationEngine, 'verdict'>;
  /**
   * Tokens are only taken from the usual places, so a request whose headers and path are known tells by itself that it has
   * none; see `tokensInUsualPlaces`.
   */
  readonly tokensInUsualPlaces: boolean;
  /** Translates the addresses of services; without it ends are taken as they are given. */
  readonly places?: Pick<Places, 'of' | 'standIn'>;
}

/** One policy's part in a verdict. */
export interface Decision {
  readonly layer: 'network' | 'authorization';
  /** Network policies: at which end. */
  readonly direction?: Direction;
  /** `shop/cart[NetworkPolicy]` */
  readonly policy: string;
  /** Of the rule, or of the body that isolates. */
  readonly path: string;
  readonly action: 'allow' | 'deny' | 'pass' | 'default-deny' | 'ALLOW' | 'DENY' | 'CUSTOM';
}

/** The answer to one line. */
export interface LineVerdict {
  readonly id: string | number;
  /** Null: it can't be told, for the `causes`. */
  readonly allowed: boolean | null;
  /** What decided: of a denial what denies, else of every layer and end. Empty when no policy has a say. */
  readonly decidedBy: readonly Decision[];
  /** For a person; of a denial it says what would be needed. */
  readonly reason: string;
  /** Why it can't be told. */
  readonly causes?: readonly Cause[];
  /** The connection is allowed, and the requests on it are judged one by one: ask with `http`, or `sni`. */
  readonly requestsJudged?: true;
  /** Dry-run policies that would have decided otherwise. */
  readonly audited?: readonly string[];
}

/** One layer's answer in the form that both share. */
interface LayerVerdict {
  readonly outcome: Outcome;
  readonly decisions: readonly Decision[];
  readonly reason: string;
  readonly causes: readonly Cause[];
}

/**
 * Judges one line by the layers there are. Denied as soon as one layer denies for sure; allowed when all allow; else it can't
 * be told. A line to a service is judged at each of its backends, after translation; where they differ it can't be told.
 */
export function evaluateRequest(judges: Judges, line: RequestLine): LineVerdict {
  if (judges.places === undefined) return judgeLine(judges, line, false);
  const { lines, sourceHidden } = judges.places.of(line);
  const [first, ...others] = lines;
  const judged = (each: RequestLine): LineVerdict => judgeLine(judges, each, sourceHidden);
  return agreed([judged(first), ...others.map(judged)]);
}

function judgeLine(judges: Judges, line: RequestLine, sourceHidden: boolean): LineVerdict {
  const network = judges.network?.verdict({
    source: sourceOf(line.src),
    destination: endpoint(line.dst),
    protocol: line.protocol,
    port: line.dst.port,
    ...optional('request', requestOf(line)),
    ...(sourceHidden && { sourceHidden }),
  });
  const authorization = judges.authorization && authorizationOf(judges, judges.authorization, line);
  const layers = [
    ...(network === undefined ? [] : [networkLayer(network)]),
    ...(authorization === undefined ? [] : [authorization.layer]),
  ];
  const denials = layers.filter((layer) => layer.outcome === 'denied');
  const unknowns = layers.filter((layer) => layer.outcome === 'unknown');
  const deciding = denials.length > 0 ? denials : unknowns.length > 0 ? unknowns : layers;
  const allowed = denials.length > 0 ? false : unknowns.length > 0 ? null : true;
  const requestsJudged = allowed === true && network !== undefined && judgesRequests(network);
  const audited = authorization?.audited ?? [];
  return {
    id: line.id,
    allowed,
    decidedBy: (denials.length > 0 ? denials : layers).flatMap((layer) => layer.decisions),
    reason: deciding.map((layer) => layer.reason).join('; '),
    ...(allowed === null && { causes: unknowns.flatMap((layer) => layer.causes) }),
    ...(requestsJudged && { requestsJudged }),
    ...(audited.length > 0 && { audited }),
  };
}

function judgesRequests({ egress, ingress }: NetworkVerdict): boolean {
  return egress.requestsJudged || ingress.requestsJudged;
}

function networkLayer(verdict: NetworkVerdict): LayerVerdict {
  const sides = [verdict.egress, verdict.ingress];
  const denying = sides.filter((side) => side.outcome === 'denied');
  const decisions = (verdict.outcome === 'denied' && denying.length > 0 ? denying : sides).flatMap(sideDecisions);
  return { outcome: verdict.outcome, decisions, reason: verdict.reason, causes: verdict.causes };
}

function sideDecisions({ direction, deciders }: SideVerdict): Decision[] {
  return deciders.map(({ policy, path, action }) => ({
    layer: 'network',
    direction,
    policy: refText(policy),
    path,
    action,
  }));
}

function authorizationOf(
  { places, tokensInUsualPlaces }: Judges,
  engine: Pick<AuthorizationEngine, 'verdict'>,
  line: RequestLine,
): { layer: LayerVerdict; audited: readonly string[] } {
  const { src, dst, protocol } = line;
  if (protocol !== 'TCP') return unjudged(`Authorization policies judge TCP only, not ${protocol}.`);
  if (dst.pod === undefined || dst.namespace === undefined) {
    return unjudged('Authorization policies judge what arrives at pods of the mesh; the destination is none.');
  }
  const named = (namespace: string, pod: string): string => places?.standIn(namespace, pod) ?? pod;
  const verdict = engine.verdict({
    source: given({
      ...src,
      ...(src.namespace !== undefined && src.pod !== undefined && { pod: named(src.namespace, src.pod) }),
    }),
    destination: {
      namespace: dst.namespace,
      pod: named(dst.namespace, dst.pod),
      port: dst.port,
      ...optional('ip', dst.ip),
    },
    protocol: 'TCP',
    ...optional('sni', line.sni),
    ...optional('http', line.http && httpOf(line.http)),
    ...optional('jwt', tokenOf(line, tokensInUsualPlaces)),
  });
  return { layer: authorizationLayer(verdict), audited: verdict.audited.map(refText) };
}

function authorizationLayer({ outcome, deciders, reason, causes }: AuthorizationVerdict): LayerVerdict {
  const decisions = deciders.map(({ policy, path, action }): Decision => ({
    layer: 'authorization',
    policy: refText(policy),
    path,
    action,
  }));
  return { outcome, decisions, reason, causes };
}

function unjudged(reason: string): { layer: LayerVerdict; audited: readonly string[] } {
  return { layer: { outcome: 'allowed', decisions: [], reason, causes: [] }, audited: [] };
}

/** A source that is said nothing of may be anybody. */
function sourceOf(src: RequestLine['src']): EndpointQuery {
  const { namespace, ip } = src;
  return namespace === undefined && ip === undefined ? { anyone: true } : endpoint(src);
}

function endpoint({ namespace, pod, ip }: RequestLine['src'] | RequestLine['dst']): EndpointQuery {
  return {
    ...(pod !== undefined && namespace !== undefined && { pod: { namespace, name: pod } }),
    ...optional('namespace', namespace),
    ...optional('ip', ip),
  };
}

function requestOf({ http, sni }: RequestLine): Request | undefined {
  if (http === undefined && sni === undefined) return undefined;
  return { ...optional('http', http && httpOf(http)), ...optional('sni', sni) };
}

/** Only what is given; names of headers in lower case. */
function httpOf(http: NonNullable<RequestLine['http']>): NonNullable<Request['http']> {
  return given({ ...http, headers: lowerCase(http.headers) });
}

function tokenOf({ jwt, http }: RequestLine, tokensInUsualPlaces: boolean): AuthorizationRequest['jwt'] {
  if (jwt === null) return { claims: {} };
  if (jwt !== undefined || !tokensInUsualPlaces) return jwt;
  const headers = lowerCase(http?.headers);
  if (headers === undefined || http?.path === undefined) return undefined;
  const mayHaveOne = Object.hasOwn(headers, 'authorization') || /[?&]access_token=/.test(http.path);
  return mayHaveOne ? undefined : { claims: {} };
}

function lowerCase(headers: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  return headers && Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Only what is given: an undefined key and an absent one are the same here. */
function given<T extends object>(value: T): Given<T> {
  const kept: Given<T> = {};
  for (const key in value) {
    const field = value[key];
    if (isGiven(field)) kept[key] = field;
  }
  return kept;
}

function isGiven<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  const kept: { [P in K]?: V } = {};
  if (value !== undefined) kept[key] = value;
  return kept;
}
