import type { OperationalError } from '@kestrel/runtime';

/**
 * What the cloud is told of a command that could not be queued. Undefined: nothing, since the command itself is good, and
 * what is wrong with the bus passes (its store is lost, its rights are changed, it is away); the cloud sends it again. A
 * refusal is final.
 */
export function refusalCode(error: OperationalError, o: { readonly isTrusted: boolean }): string | undefined {
  switch (error.code) {
    case 'stream_full':
      return 'queue_full';
    case 'overloaded':
      return 'too_many_commands';
    case 'too_large':
      return error.code;
    default:
      return o.isTrusted ? undefined : error.code;
  }
}
