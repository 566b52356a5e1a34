import { age, bytes, count, table, type Row } from '../table.ts';
import type { Lag } from './lag.ts';
import { readRole } from './read-role.ts';
import type { StatusReport } from './read-status.ts';
import type { UplinkStatus } from './read-uplink.ts';

/** The report for people: sections of aligned columns, then the verdict. Pure. */
export function renderStatus(report: StatusReport): string {
  const nowMs = Date.parse(report.at);
  const { cluster } = report;
  const gaps = gapRows(report, nowMs);
  return [
    `cluster ${cluster.name} (${cluster.id}), read at ${report.at} as ${report.connection} says\n`,
    section('SERVICES', ['SERVICE', 'INSTANCE', 'ROLE', 'STATE', 'FROM'], serviceRows(report, nowMs)),
    section('BUS', ['ACCOUNT', 'USER', 'STATE', 'FROM'], accountRows(report)),
    section(
      'STREAMS',
      ['STREAM', 'MESSAGES', 'BYTES', 'FIRST', 'LAST', 'LAST MESSAGE', 'CONSUMERS', 'EPOCH', 'FROM'],
      streamRows(report, nowMs),
    ),
    section('COMMITTED BY THE CLOUD', ['STREAM', 'COMMITTED', 'BEHIND', 'EPOCH', 'FROM'], report.lags.map(lagRow)),
    section('LEASES', ['LEASE', 'HOLDER', 'TERM', 'EXPIRES IN', 'FROM'], leaseRows(report, nowMs)),
    section(
      'UPLINKS',
      ['INSTANCE', 'ROLE', 'TERM', 'SESSION', 'LAST COMMIT', 'GAPS', 'REJECTED', 'FROM'],
      uplinkRows(report, nowMs),
    ),
    ...(gaps.length === 0 ? [] : [section('GAPS', ['STREAM', 'SEQUENCES', 'EVENTS', 'REASON', 'TOLD', 'BY'], gaps)]),
    verdict(report),
  ].join('\n');
}

function section(title: string, head: Row, rows: readonly Row[]): string {
  return `${title}\n${rows.length === 0 ? '  nothing was read\n' : table([head, ...rows])}`;
}

function serviceRows({ services }: StatusReport, nowMs: number): Row[] {
  return services.flatMap((entry): Row[] => {
    const { service, instance, from } = entry;
    if (!entry.reachable) return [[service, instance, undefined, `UNREACHABLE at ${from}: ${entry.error}`]];
    const unready = Object.entries(entry.components).filter(([, component]) => !component.ready);
    return [
      [service, instance, readRole(entry.status)?.role, entry.ready ? 'ready' : 'NOT READY', from],
      ...unready.map(([name, { reason, sinceMs }]): Row => {
        return ['', '', '', `${name}: ${reason ?? 'not ready'}, for ${age(nowMs - sinceMs)}`];
      }),
    ];
  });
}

function accountRows({ accounts }: StatusReport): Row[] {
  return accounts.map(({ account, user, connected, error, from }) =>
    connected ? [account, user, 'connected', from] : [account, user, `UNREACHABLE at ${from}: ${error ?? 'unknown'}`],
  );
}

function streamRows({ streams }: StatusReport, nowMs: number): Row[] {
  return streams.map((stream): Row => {
    switch (stream.state) {
      case 'unread':
        return [stream.stream, `unread in ${stream.from}: ${stream.error}`];
      case 'absent':
        return [stream.stream, 'absent', ...none(6), stream.from];
      case 'present': {
        const last = stream.lastAt === undefined ? undefined : `${age(nowMs - Date.parse(stream.lastAt))} ago`;
        const { messages, firstSeq, lastSeq, consumers, epoch, from } = stream;
        const figures = [count(messages), bytes(stream.bytes), firstSeq, lastSeq, last, consumers, epoch];
        return [stream.stream, ...figures, from];
      }
    }
  });
}

function lagRow(lag: Lag): Row {
  return [lag.stream, lag.committedSeq, lag.behind ?? `unknown: ${lag.reason ?? ''}`, lag.epoch, lag.from];
}

function leaseRows({ leases }: StatusReport, nowMs: number): Row[] {
  return leases.flatMap(({ account, from, error, leases: found, leftOut }): Row[] => {
    const where = `${account} ${from}`;
    if (error !== undefined) return [[`unread in ${where}: ${error}`]];
    const rows = found.map(({ key, holder, term, expiresAt }): Row => {
      const left = expiresAt === undefined ? undefined : age(Date.parse(expiresAt) - nowMs);
      return [key, holder ?? 'NOBODY', term, left, where];
    });
    return leftOut === undefined ? rows : [...rows, [`and ${leftOut} more`, ...none(3), where]];
  });
}

function uplinkRows({ uplinks }: StatusReport, nowMs: number): Row[] {
  return uplinks.map((uplink): Row => {
    if (uplink.error !== undefined) return [uplink.instance, `unread at ${uplink.from}: ${uplink.error}`];
    const { instance, role, term, lastCommitAt, gaps, rejected, from } = uplink;
    const commit = lastCommitAt === undefined ? undefined : `${age(nowMs - Date.parse(lastCommitAt))} ago`;
    return [instance, role, term, sessionText(uplink, nowMs), commit, gaps?.length, rejected, from];
  });
}

function sessionText({ session, snapshot }: UplinkStatus, nowMs: number): string | undefined {
  if (session === undefined) return undefined;
  if (!session.open) return session.problem === undefined ? 'none' : `none: ${session.problem}`;
  const open = session.since === undefined ? 'open' : `open for ${age(nowMs - Date.parse(session.since))}`;
  return snapshot === undefined ? open : `${open}, snapshot under way`;
}

function gapRows({ uplinks }: StatusReport, nowMs: number): Row[] {
  return uplinks.flatMap(({ instance, gaps = [] }) =>
    gaps.map(({ stream, fromSeq, toSeq, count: lost, reason, atMs }): Row => {
      const told = atMs === undefined ? undefined : `${age(nowMs - atMs)} ago`;
      return [stream, `${fromSeq} to ${toSeq}`, lost === 0 ? 'unknown' : count(lost), reason, told, instance];
    }),
  );
}

function verdict({ ok, problems }: StatusReport): string {
  if (ok) return 'OK: everything was read and is ready\n';
  return `NOT OK\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
}

function none(columns: number): undefined[] {
  return Array.from({ length: columns }, () => undefined);
}
