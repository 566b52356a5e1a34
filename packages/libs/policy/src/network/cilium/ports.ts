import type { Protocol } from '../../model/cluster.ts';
import type { PortTerm } from '../rule.ts';

/** Highest port. */
export const PORT_MAX = 65535;
const serviceNameLengthMax = 15;

/**
 * A port as Cilium reads it: a number, or a name in lower case (RFC 6335 service name: at most 15 letters, digits and single
 * dashes, with a letter). Numbers are Go literals: a leading 0 makes them octal. Undefined when it is neither.
 */
export function readPort(text: string): number | string | undefined {
  if (text.length <= serviceNameLengthMax && /^([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$/.test(text)) {
    return text.toLowerCase();
  }
  if (!/^(0[0-7]*|[1-9][0-9]{0,4})$/.test(text)) return undefined;
  const number = text.startsWith('0') && text.length > 1 ? Number.parseInt(text, 8) : Number(text);
  return number <= PORT_MAX ? number : undefined;
}

/**
 * What a port with its protocol stands for. Port 0 is every port of the protocol; an endPort that is not behind the port, or
 * stands with a name, counts for nothing. Without SCTP support ANY is TCP and UDP. Empty for protocols that have no ports.
 */
export function portTerms(
  {
    port,
    endPort,
    protocol,
  }: { port?: string | undefined; endPort?: number | undefined; protocol?: string | undefined },
  o: { readonly sctp: boolean },
): readonly PortTerm[] {
  const read = readPort(port ?? '');
  if (read === undefined) return [];
  return protocolsOf(protocol, o).map((kind): PortTerm => {
    if (typeof read === 'string') return { protocol: kind, name: read };
    if (read === 0) return { protocol: kind, from: 0, to: PORT_MAX };
    return { protocol: kind, from: read, to: Math.max(read, endPort ?? 0) };
  });
}

function protocolsOf(text: string | undefined, { sctp }: { readonly sctp: boolean }): readonly (Protocol | 'any')[] {
  switch ((text ?? '').toUpperCase()) {
    case '':
    case 'ANY':
      return sctp ? ['any'] : ['TCP', 'UDP'];
    case 'TCP':
      return ['TCP'];
    case 'UDP':
      return ['UDP'];
    case 'SCTP':
      return sctp ? ['SCTP'] : [];
    default:
      return [];
  }
}
