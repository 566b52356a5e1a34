import { oneLine } from '../../failure-line.ts';

/** Something in the input that can't be used: kestrelctl says it on stderr and ends with 2. */
export interface InputError {
  /** Where: `shop/cart.yaml`, `requests.jsonl:17`. */
  readonly source: string;
  /** What is wrong, with the field where it is one field. */
  readonly message: string;
  readonly code:
    | 'unreadable'
    | 'invalid'
    | 'too_large'
    | 'symlink_loop'
    | 'nothing_found'
    | 'unsupported'
    | 'unresolved';
}

/** One line for stderr: `kestrelctl: <source>: <message> (<code>)`. */
export function inputErrorLine({ source, message, code }: InputError): string {
  return `kestrelctl: ${oneLine(`${source}: ${message}`)} (${code})\n`;
}
