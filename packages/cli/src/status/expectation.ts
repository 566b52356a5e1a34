import { bucketSubject, STREAMS, USER_NAMES, USERS, type Account, type StreamName, type UserSpec } from '@kestrel/bus';

/** The users of a service: its own name, or one for each account (`uplink-data`, `uplink-control`). */
function usersOf(service: string): UserSpec[] {
  const names = new Set([service, `${service}-data`, `${service}-control`]);
  return USER_NAMES.filter((name) => names.has(name)).map((name) => USERS[name]);
}

/** The services that write to a stream, of those given: without any of them its absence is in order. Pure. */
export function writersOf(stream: StreamName, services: readonly string[]): string[] {
  const prefixes = STREAMS[stream].subjects.map((subject) => subject.replace(/>$/, ''));
  const isIn = (subject: string): boolean => prefixes.some((prefix) => subject.startsWith(prefix));
  return services.filter((service) => usersOf(service).some((user) => user.publish.some(isIn)));
}

/** The services that hold a lease in an account, of those given. Pure. */
export function leaseHoldersIn(account: Account, services: readonly string[]): string[] {
  return services.filter((service) => {
    const keys = bucketSubject('kestrel_leases', `${service}.>`);
    return usersOf(service).some((user) => user.account === account && user.publish.includes(keys));
  });
}
