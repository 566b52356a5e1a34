import { leaseHoldersIn, writersOf } from './expectation.ts';
import type { StatusReadings } from './read-status.ts';
import type { ServiceStatus } from './read-services.ts';

/** Everything that was not read or is not ready, as one sentence each; none means that all is well. Pure. */
export function problemsOf(read: StatusReadings): string[] {
  const services = [...new Set(read.services.map(({ service }) => service))];
  return [
    ...(services.length === 0 ? ['the connection file names no service'] : []),
    ...read.services.flatMap(serviceProblems),
    ...read.accounts.flatMap(({ account, error }) => (error === undefined ? [] : [`account ${account}: ${error}`])),
    ...streamProblems(read, services),
    ...leaseProblems(read, services),
    ...uplinkProblems(read, services),
  ];
}

function serviceProblems(service: ServiceStatus): string[] {
  const name = `${service.service} ${service.instance}`;
  if (!service.reachable) return [`${name}: ${service.error}`];
  const unready = Object.entries(service.components).filter(([, component]) => !component.ready);
  if (unready.length > 0) {
    return unready.map(([component, { reason }]) => `${name}: ${component}: ${reason ?? 'not ready'}`);
  }
  return service.ready ? [] : [`${name}: not ready`];
}

function streamProblems({ accounts, streams }: StatusReadings, services: readonly string[]): string[] {
  return streams.flatMap((stream) => {
    if (stream.state === 'present') return [];
    if (stream.state === 'unread') {
      // Said once, for the account.
      const entered = accounts.some(({ account, connected }) => account === stream.from && connected);
      return entered ? [`stream ${stream.stream}: ${stream.error}`] : [];
    }
    const writers = writersOf(stream.stream, services);
    return writers.length === 0
      ? []
      : [`stream ${stream.stream}: absent, though written to by ${writers.join(' and ')}`];
  });
}

function leaseProblems({ accounts, leases }: StatusReadings, services: readonly string[]): string[] {
  return leases.flatMap(({ account, error, leases: found }) => {
    const holders = leaseHoldersIn(account, services);
    if (!accounts.some((entry) => entry.account === account && entry.connected) || holders.length === 0) return [];
    if (error !== undefined) return [`leases of ${account}: ${error}`];
    return holders.flatMap((service) => {
      const own = found.filter(({ key }) => key.startsWith(`${service}.`));
      if (own.length === 0) return [`lease of ${service}: there is none in ${account}`];
      const free = own.filter(({ holder }) => holder === undefined);
      return free.map(({ key }) => `lease ${key}: nobody holds it`);
    });
  });
}

function uplinkProblems({ accounts, uplinks, mirror }: StatusReadings, services: readonly string[]): string[] {
  if (!services.includes('uplink')) return [];
  const control = accounts.some(({ account, connected }) => account === 'CONTROL' && connected);
  return [
    ...uplinks.flatMap(({ instance, error }) =>
      error === undefined ? [] : [`uplink ${instance}: /statusz: ${error}`],
    ),
    ...(control && mirror.error !== undefined ? [`cursors: ${mirror.error}`] : []),
  ];
}
