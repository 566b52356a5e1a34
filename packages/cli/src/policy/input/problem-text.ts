import { refText, type Problem } from '@kestrel/policy';
import type { InputError } from './input-error.ts';

/** A problem as an error of the input. */
export function problemError(problem: Problem): InputError {
  return { source: problem.source ?? 'input', message: problemText(problem), code: errorCode(problem) };
}

/** `shop/cart[NetworkPolicy]: spec.ingress[0].from: message`, as far as it is known. */
export function problemText({ object, path, message }: Problem): string {
  return [object === undefined ? '' : refText(object), path, message].filter((part) => part !== '').join(': ');
}

function errorCode({ code }: Problem): InputError['code'] {
  switch (code) {
    case 'unreadable':
    case 'unsupported':
    case 'unresolved':
      return code;
    default:
      return 'invalid';
  }
}
