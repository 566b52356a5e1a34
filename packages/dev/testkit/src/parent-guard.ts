import { spawn } from 'node:child_process';

/**
 * Waits for the end of its standard input, a pipe whose other end only this process holds, and then kills the group.
 * The kernel closes the pipe however this process ends, by SIGKILL too.
 */
const script = 'read -r _; kill -s KILL -- "-$1"'; // "-KILL --" is an error in dash

/**
 * Makes a process group die with this process. The guard is a process in a session of its own, so that neither
 * Ctrl-C nor a signal to the group ends it early; dispose it once the group's leader has ended, before its process id
 * can be given to another.
 */
export function guardGroup(groupId: number): Disposable {
  const guard = spawn('/bin/sh', ['-c', script, 'kestrel-parent-guard', String(groupId)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  guard.unref();
  // Once disposed the pipe may break; before that, writing nothing, it cannot.
  guard.stdin.on('error', () => undefined);
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return { [Symbol.dispose]: () => guard.kill('SIGKILL') };
}
