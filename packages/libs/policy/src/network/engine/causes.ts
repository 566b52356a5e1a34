import type { Cause } from '../../model/cause.ts';
import { refText } from '../../model/object-ref.ts';
import { layer7Allows } from '../layer7-match.ts';
import type { PeerTerm } from '../rule.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { Point } from './evaluate.ts';
import { MAYBE } from './label-index.ts';
import { matchPorts } from './port-match.ts';
import { titleOf } from './universe-peer.ts';
import type { UniversePeer } from './universe-peer.ts';

/** Why it can't be told whether a rule matches a point. */
export function causesOf(compiled: CompiledRule, at: Point, peer: UniversePeer): Cause[] {
  const { rule, peers, unsure } = compiled;
  const where = `${refText(rule.policy)} ${rule.path}`;
  const causes = unsure.map(({ code, message }): Cause => ({ code, message: `${where}: ${message}` }));
  if (at.hidden && !peers.everything) {
    causes.push({
      code: 'source-hidden',
      message: `${where}: looks at the source, which address translation may hide`,
    });
  } else if (peers.of(at.peer) === MAYBE) {
    for (const term of peers.unsure(at.peer)) {
      const { code, message } = causeOfTerm(term, peer);
      causes.push({ code, message: `${where}: ${message}` });
    }
  }
  if (matchPorts(rule.ports, at.protocol, at.port, at.destination) === MAYBE) {
    causes.push({ code: 'named-port', message: `${where}: the ports of the destination are not known by name` });
  }
  if (rule.layer7 !== undefined && at.request !== undefined && layer7Allows(rule.layer7, at.request) === 'unknown') {
    causes.push({ code: 'request', message: `${where}: the request lacks what the rule looks at` });
  }
  return causes;
}

function causeOfTerm(term: PeerTerm, peer: UniversePeer): Cause {
  switch (term.kind) {
    case 'names':
      return { code: 'dns', message: `it is not known for which names DNS answered ${titleOf(peer)}` };
    case 'addresses':
      return {
        code: 'address',
        message:
          peer.addresses.length === 0
            ? `the address of ${titleOf(peer)} is not known; ${term.cidr} holds only some`
            : `${titleOf(peer)} has addresses inside and outside of ${term.cidr}`,
      };
    case 'everything':
    case 'endpoints':
      return { code: 'incomplete', message: `labels of ${titleOf(peer)} that the selector looks at are not known` };
  }
}
