// Names of ICMP message types as Cilium's icmps rules take them. Source: cilium v1.20 pkg/policy/api/icmp.go, after IANA's
// "Internet Control Message Protocol (ICMP) Parameters" and "ICMPv6 Parameters".

/** Families of ICMP rules. */
export type IcmpFamily = 'IPv4' | 'IPv6';

/** Name → type, by family. */
export const ICMP_TYPES: Readonly<Record<IcmpFamily, ReadonlyMap<string, number>>> = {
  IPv4: new Map([
    ['EchoReply', 0],
    ['DestinationUnreachable', 3],
    ['Redirect', 5],
    ['Echo', 8],
    ['EchoRequest', 8],
    ['RouterAdvertisement', 9],
    ['RouterSelection', 10],
    ['TimeExceeded', 11],
    ['ParameterProblem', 12],
    ['Timestamp', 13],
    ['TimestampReply', 14],
    ['Photuris', 40],
    ['ExtendedEchoRequest', 42],
    ['ExtendedEchoReply', 43],
  ]),
  IPv6: new Map([
    ['DestinationUnreachable', 1],
    ['PacketTooBig', 2],
    ['TimeExceeded', 3],
    ['ParameterProblem', 4],
    ['EchoRequest', 128],
    ['EchoReply', 129],
    ['MulticastListenerQuery', 130],
    ['MulticastListenerReport', 131],
    ['MulticastListenerDone', 132],
    ['RouterSolicitation', 133],
    ['RouterAdvertisement', 134],
    ['NeighborSolicitation', 135],
    ['NeighborAdvertisement', 136],
    ['RedirectMessage', 137],
    ['RouterRenumbering', 138],
    ['ICMPNodeInformationQuery', 139],
    ['ICMPNodeInformationResponse', 140],
    ['InverseNeighborDiscoverySolicitation', 141],
    ['InverseNeighborDiscoveryAdvertisement', 142],
    ['HomeAgentAddressDiscoveryRequest', 144],
    ['HomeAgentAddressDiscoveryReply', 145],
    ['MobilePrefixSolicitation', 146],
    ['MobilePrefixAdvertisement', 147],
    ['DuplicateAddressRequestCodeSuffix', 157],
    ['DuplicateAddressConfirmationCodeSuffix', 158],
    ['ExtendedEchoRequest', 160],
    ['ExtendedEchoReply', 161],
  ]),
};

/** Highest message type. */
export const ICMP_TYPE_MAX = 255;

/** The type that a rule names, as a number, a numeral or a name of its family; undefined when there is none such. */
export function icmpType(family: IcmpFamily, type: number | string): number | undefined {
  const number = typeof type === 'number' ? type : (ICMP_TYPES[family].get(type) ?? numeral(type));
  return number !== undefined && Number.isInteger(number) && number >= 0 && number <= ICMP_TYPE_MAX
    ? number
    : undefined;
}

function numeral(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : undefined;
}
