import { MsgHdrsImpl } from '@nats-io/transport-node';
import type { MsgHdrs } from '@nats-io/transport-node';

const NAME = /^[\x21-\x39\x3b-\x7e]+$/;
const LINE_BREAK = /[\r\n]/;

/**
 * Headers of a NATS message in the order of the record. Faster than setting them one by one.
 * @throws TypeError for a name or value that would break the header block.
 */
export function natsHeaders(record: Readonly<Record<string, string>>): MsgHdrs {
  const values: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(record)) {
    if (!NAME.test(name) || LINE_BREAK.test(value)) throw new TypeError(`header ${JSON.stringify(name)} is not valid`);
    values[name] = [value];
  }
  return MsgHdrsImpl.fromRecord(values);
}
