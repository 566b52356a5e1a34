import { createHash } from 'node:crypto';
import { lastMessage, subjects } from '@kestrel/bus';
import { Receipt_State } from '@kestrel/proto/cloud';
import type { Receipt } from '@kestrel/proto/cloud';
import { eventually } from '@kestrel/testkit';
import { expect, test } from 'vitest';
import { Fixture } from './fixture.ts';
import type { ScriptedCloud } from './scripted-cloud.ts';

const stream = 'KESTREL_COMMANDS';

async function receipts(cloud: ScriptedCloud, count: number): Promise<Receipt[]> {
  return await eventually(() => {
    const found = cloud.frames.flatMap((frame) => (frame.$case === 'receipt' ? [frame.value] : []));
    return found.length >= count && found;
  });
}

test('given a signed command, then it stands in the queue as it came before it is accepted', async () => {
  await using fixture = await Fixture.start();
  const { cloud } = fixture;
  const uplink = await fixture.uplink();
  await cloud.session(1);
  const signedCommand = await fixture.command('command-0001');
  cloud.send({ $case: 'command', value: { signedCommand } });
  cloud.send({ $case: 'command', value: { signedCommand } });

  const [receipt, again] = await receipts(cloud, 2);
  const commandDigest = createHash('sha256').update(signedCommand).digest('hex');
  expect(receipt).toEqual({ commandId: 'command-0001', state: Receipt_State.ACCEPTED, reason: '', commandDigest });
  expect(again).toEqual(receipt);
  const executor = await fixture.bus('executor-control');
  const info = await (await executor.manager()).streams.info(stream);
  expect(info.state.messages).toBe(1);
  expect(uplink.status.read()['commands']).toEqual({ accepted: 2, refused: 0 });

  const control = await fixture.bus('uplink-control');
  await expect(lastMessage(control, stream, subjects.command('read', 'command-0001'), 500)).rejects.toThrow(
    /cannot be read/,
  );
});

test.each([
  ['another cluster', { clusterId: 'cluster-2' }, 'wrong_cluster'],
  ['an expiry that has passed', { issuedAt: '2026-01-01T00:00:00Z', expiresAt: '2026-01-01T00:05:00Z' }, 'expired'],
  ['a class that is not served', { class: 'COMMAND_CLASS_OTHER' }, 'unsupported_class'],
])('given a command with %s, then it is refused with its code', async (_name, over, code) => {
  await using fixture = await Fixture.start();
  const { cloud } = fixture;
  await fixture.uplink();
  await cloud.session(1);
  cloud.send({ $case: 'command', value: { signedCommand: await fixture.command('command-0001', over) } });
  const [receipt] = await receipts(cloud, 1);
  expect(receipt).toMatchObject({ state: Receipt_State.REFUSED, reason: code });
});

test('given bytes that are no command, and a forged one, then they are refused and the session goes on', async () => {
  await using fixture = await Fixture.start();
  const { cloud } = fixture;
  await fixture.uplink();
  await cloud.session(1);
  const signed = (await fixture.command('command-0001')).toString();
  const [header = '', payload = ''] = signed.split('.');
  const forged = Buffer.from(`${header}.${payload}.${'A'.repeat(86)}`);
  cloud.send({ $case: 'command', value: { signedCommand: Buffer.from('what is this') } });
  cloud.send({ $case: 'command', value: { signedCommand: forged } });
  cloud.send({ $case: 'command', value: { signedCommand: await fixture.command('command-0002') } });
  const all = await receipts(cloud, 3);
  expect(new Set(all.map(({ commandId, reason }) => `${commandId}:${reason}`))).toEqual(
    new Set([':malformed', ':signature_invalid', 'command-0002:']),
  );
  expect(cloud.hellos).toHaveLength(1);
});

test('given a queue that was deleted while the session is open, then it is made again and commands go on', async () => {
  await using fixture = await Fixture.start();
  const { cloud } = fixture;
  const uplink = await fixture.uplink();
  await cloud.session(1);
  await fixture.deleteControl(stream);
  await cloud.session(2);
  cloud.send({ $case: 'command', value: { signedCommand: await fixture.command('command-0001') } });
  expect(await receipts(cloud, 1)).toMatchObject([{ commandId: 'command-0001', state: Receipt_State.ACCEPTED }]);
  await eventually(() => uplink.health.readiness().ready);
  expect(uplink.failures).toEqual([]);
});

test('given a command while there is no queue, then it is not refused: it is accepted when it is sent again', async () => {
  await using fixture = await Fixture.start();
  const { cloud } = fixture;
  await fixture.uplink();
  await cloud.session(1);
  await fixture.deleteControl(stream);
  const value = { signedCommand: await fixture.command('command-0001') };
  cloud.send({ $case: 'command', value });
  await cloud.session(2);
  cloud.send({ $case: 'command', value });
  const all = await receipts(cloud, 1);
  expect(new Set(all.map(({ state }) => state))).toEqual(new Set([Receipt_State.ACCEPTED]));
});

test('given no queue and nobody to make it, then readiness of the bus says so', async () => {
  await using fixture = await Fixture.start();
  // Without a token it never leads, and only a leader makes the queue again.
  const uplink = await fixture.uplink({ env: { OAUTH2_ISSUER: 'https://localhost:1' } });
  const control = () => uplink.health.readiness().components['bus control'];
  await eventually(() => control()?.ready);
  await fixture.deleteControl(stream);
  await eventually(() => control()?.ready === false);
  expect(control()?.reason).toBe('stream KESTREL_COMMANDS is missing');
});
