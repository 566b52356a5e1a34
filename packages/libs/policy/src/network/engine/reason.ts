import type { Cause, Outcome } from '../../model/cause.ts';
import { refText } from '../../model/object-ref.ts';
import type { Direction } from '../rule.ts';
import type { Decider, SideVerdict } from '../verdict.ts';
import type { Point } from './evaluate.ts';
import { titleOf } from './universe-peer.ts';
import type { UniversePeer } from './universe-peer.ts';

/** What a sentence is made of. */
export interface ReasonParts {
  readonly direction: Direction;
  readonly outcome: Outcome;
  readonly deciders: readonly Decider[];
  readonly causes: readonly Cause[];
  readonly at: Point;
  readonly requestsJudged: boolean;
  readonly subject: UniversePeer;
  readonly peer: UniversePeer;
}

/** Deciders that a sentence names; of more only the number is told. */
const namedMax = 3;

/** One end's reason; for a denial with what would be needed. */
export function reasonOf(parts: ReasonParts): string {
  const { outcome, direction, deciders, causes, subject, requestsJudged } = parts;
  switch (outcome) {
    case 'allowed': {
      const allowing = deciders.filter(({ action }) => action === 'allow');
      if (allowing.length === 0) return `no policy isolates ${titleOf(subject)} for ${direction}, and none denies it`;
      const condition = requestsJudged ? ', for the requests that it describes' : '';
      return `allowed by ${list(allowing)}${condition}`;
    }
    case 'denied': {
      const denying = deciders.filter(({ action }) => action === 'deny');
      if (denying.length > 0) {
        return `denied by ${list(denying)}. Needed: a change there, because no allow rule behind it is heard`;
      }
      const isolating = deciders.filter(({ action }) => action === 'default-deny');
      return `${list(isolating)} isolates ${titleOf(subject)} for ${direction}, and no rule allows ${wish(parts)}. Needed: ${need(parts)}`;
    }
    case 'unknown':
      return `it can't be told: ${causes.map(({ message }) => message).join('; ')}`;
  }
}

/** Both ends in one sentence: the ends that decide. */
export function wholeReason(outcome: Outcome, egress: SideVerdict, ingress: SideVerdict): string {
  const sides = [egress, ingress].filter((side) => side.outcome === outcome);
  const told = outcome === 'allowed' ? sides.filter((side) => side.deciders.length > 0) : sides;
  if (told.length === 0) return 'no policy forbids it at either end';
  return told.map((side) => `${side.direction}: ${side.reason}`).join('. ');
}

function wish({ direction, at, peer }: ReasonParts): string {
  return `${at.protocol} ${at.port} ${direction === 'ingress' ? 'from' : 'to'} ${titleOf(peer)}`;
}

function need(parts: ReasonParts): string {
  const { direction, subject, at } = parts;
  const request = at.request === undefined ? '' : ' with this request';
  return `an ${direction} rule about ${titleOf(subject)} that allows ${wish(parts)}${request}`;
}

function list(deciders: readonly Decider[]): string {
  const named = deciders.slice(0, namedMax).map(({ policy, path }) => `${refText(policy)} ${path}`);
  const more = deciders.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}
