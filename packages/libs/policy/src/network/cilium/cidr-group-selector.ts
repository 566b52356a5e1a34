import { ADDRESS_MAX } from '../../address/address.ts';
import type { AddressFamily } from '../../address/address.ts';
import { cidrText, parseCidr, rangeToCidrs } from '../../address/cidr.ts';
import type { AddressRange } from '../../address/cidr.ts';
import type { CidrGroup } from '../../model/policy.ts';
import type { CiliumSelector, SourcedRequirement } from './selector.ts';

/**
 * The blocks that a cidrGroupSelector means, without `except`. Cilium gives every address the labels of all groups that it
 * lies in, and asks each condition of those: two conditions may be met by two groups, and NotIn and DoesNotExist are met by
 * addresses that are in no group at all. Source: cilium v1.20 pkg/ipcache/metadata.go (mergeLabels),
 * pkg/policy/types/requirements.go (matchesEncodedRequirements).
 */
export function selectedAddresses(
  selector: CiliumSelector,
  groups: readonly CidrGroup[],
  except: readonly string[],
): readonly string[] {
  return ([4, 6] as const).flatMap((family) => {
    const whole: Span = { first: 0n, last: ADDRESS_MAX[family] };
    const excepted = spansOf(except, family);
    const spans = selector
      .map((condition) => conditionSpans(condition, groups, family, whole))
      .reduce(intersect, complement(excepted, whole));
    return spans
      .flatMap(({ first, last }) => rangeToCidrs({ family, first, last } satisfies AddressRange))
      .map(cidrText);
  });
}

/** Addresses of one family, both ends included. Lists of spans are sorted and do not touch. */
interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

function conditionSpans(
  { source, key, operator, values }: SourcedRequirement,
  groups: readonly CidrGroup[],
  family: AddressFamily,
  whole: Span,
): readonly Span[] {
  const known = source === 'any' || source === 'cidrgroup';
  const having = groups.filter(({ labels }) => {
    const value = labels.get(key);
    if (!known || value === undefined || key.startsWith('io.cilium.k8s')) return false;
    return operator === 'Exists' || operator === 'DoesNotExist' || values.includes(value);
  });
  const spans = spansOf(
    having.flatMap(({ cidrs }) => cidrs),
    family,
  );
  return operator === 'In' || operator === 'Exists' ? spans : complement(spans, whole);
}

function spansOf(cidrs: readonly string[], family: AddressFamily): readonly Span[] {
  const sorted = cidrs
    .flatMap((each) => parseCidr(each) ?? [])
    .filter((each) => each.family === family)
    .toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const spans: Span[] = [];
  for (const { first, last } of sorted) {
    const before = spans.at(-1);
    if (before === undefined || first > before.last + 1n) spans.push({ first, last });
    else if (last > before.last) spans[spans.length - 1] = { first: before.first, last };
  }
  return spans;
}

function complement(spans: readonly Span[], whole: Span): readonly Span[] {
  const rest: Span[] = [];
  let at = whole.first;
  for (const { first, last } of spans) {
    if (first > at) rest.push({ first: at, last: first - 1n });
    at = last + 1n;
  }
  if (at <= whole.last) rest.push({ first: at, last: whole.last });
  return rest;
}

function intersect(a: readonly Span[], b: readonly Span[]): readonly Span[] {
  return a.flatMap((left) =>
    b.flatMap((right): Span[] => {
      const first = left.first > right.first ? left.first : right.first;
      const last = left.last < right.last ? left.last : right.last;
      return first <= last ? [{ first, last }] : [];
    }),
  );
}
