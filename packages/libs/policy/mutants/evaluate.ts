import type { Mutant } from './mutant.ts';

const file = 'evaluate/evaluate-request.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'one layer that denies for sure is enough to deny',
    file,
    find: 'const allowed = denials.length > 0 ? false : unknowns.length > 0 ? null : true;',
    replace: 'const allowed = unknowns.length > 0 ? null : denials.length > 0 ? false : true;',
  },
  {
    rule: 'what one layer can’t tell is unknown, not allowed',
    file,
    find: 'unknowns.length > 0 ? null : true;',
    replace: 'true;',
  },
  {
    rule: 'a connection on which requests are judged is marked so',
    file,
    find: '...(requestsJudged && { requestsJudged }),',
    replace: '',
  },
  {
    rule: 'authorization policies judge TCP only',
    file,
    find: "if (protocol !== 'TCP') return",
    replace: "if (protocol === 'TCP') return",
  },
  {
    rule: 'headers that are known tell by themselves that there is no token',
    file,
    find: 'return mayHaveOne ? undefined : { claims: {} };',
    replace: 'return undefined;',
  },
  {
    rule: 'a request with an Authorization header may have a token',
    file,
    find: "Object.hasOwn(headers, 'authorization') || ",
    replace: '',
  },
  {
    rule: 'a token may come in the query parameter access_token',
    file,
    find: ' || /[?&]access_token=/.test(http.path)',
    replace: '',
  },
  {
    rule: 'a RequestAuthentication may take tokens from elsewhere',
    file: 'evaluate/tokens-in-usual-places.ts',
    find: '!OTHER_PLACES.some((place) => Object.hasOwn(rule, place))',
    replace: 'true',
  },
  {
    rule: 'names of headers are not case-sensitive',
    file,
    find: '[name.toLowerCase(), value]',
    replace: '[name, value]',
  },
  {
    rule: 'a denial names what denies, not what allows at the other end',
    file,
    find: "verdict.outcome === 'denied' && denying.length > 0 ? denying : sides",
    replace: 'sides',
  },
  {
    rule: 'a service is judged at the port of its backend',
    file: 'evaluate/places.ts',
    find: 'targetsOn(pod, port).map((number) => at(pod, number))',
    replace: 'targetsOn(pod, port).map(() => at(pod, port.port))',
  },
  {
    rule: 'the address of a service is not one of its backend',
    file: 'evaluate/places.ts',
    find: 'const named: Destination = { ...dst, ip: undefined };',
    replace: 'const named: Destination = { ...dst };',
  },
  {
    rule: 'a service hides who comes in from outside',
    file: 'evaluate/places.ts',
    find: "kind === 'node' || (kind === 'external' && !fromPod)",
    replace: "kind === 'node'",
  },
  {
    rule: 'externalTrafficPolicy Local keeps the source',
    file: 'evaluate/places.ts',
    find: "hides && service.externalTrafficPolicy !== 'Local'",
    replace: 'hides',
  },
  {
    rule: 'the address of a pod is the pod',
    file: 'evaluate/places.ts',
    find: 'return owner === undefined ? end : { ...end, namespace: owner.namespace, pod: owner.name };',
    replace: 'return owner === undefined ? end : { ...end };',
  },
  {
    rule: 'backends that answer differently can’t be told',
    file: 'evaluate/agreed.ts',
    find: 'if (differing === undefined) return { ...first, decidedBy };',
    replace: 'if (differing !== first) return { ...first, decidedBy };',
  },
];
