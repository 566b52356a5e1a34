import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS, type Profile } from '@kestrel/policy';

/** Under which assumptions a line was judged, short enough to stand on every line. */
export interface ProfileText {
  readonly network: string;
  readonly authorization: string;
}

/** `generic`, or `cilium (hostFirewall=true)`: what differs from Cilium's and Istio's own defaults is named. */
export function profileText({ network, authorization }: Profile): ProfileText {
  const { kind } = network;
  const { dataPlane, ...mesh } = authorization;
  return {
    network: kind === 'cilium' ? `cilium${differing(network, CILIUM_DEFAULTS)}` : kind,
    authorization: `${dataPlane}${differing(mesh, AUTHORIZATION_DEFAULTS)}`,
  };
}

function differing(given: object, defaults: object): string {
  const known = new Map<string, unknown>(Object.entries(defaults));
  const changed = Object.entries(given)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(known.get(key)))
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join(',') : String(value)}`);
  return changed.length === 0 ? '' : ` (${changed.join(' ')})`;
}

/** The last line of a table. */
export function judgedAs(profile: Profile): string {
  const { network, authorization } = profileText(profile);
  const { origin } = profile;
  return `judged as ${network} (${origin.network}); authorization: ${authorization} (${origin.authorization})\n`;
}
