import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GoAway_Reason } from '@kestrel/proto/cloud';
import { testContext } from '@kestrel/runtime';
import { certificateAuthority, eventually, tempDir } from '@kestrel/testkit';
import { generateKeyPair } from '@kestrel/trust';
import { startDevCloud, type DevCloud } from '../src/dev-cloud.ts';
import { enrol, readValues, requestCertificate, TestUplink, type Identity } from './support/test-uplink.ts';

const { log } = testContext({});
const hourMs = 3_600_000;

let open: AsyncDisposableStack;
let cloud: DevCloud;
let shop: Identity;
let bank: Identity;
/** How far the cloud's clock is ahead of ours. */
let aheadMs: number;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  aheadMs = 0;
  const clock = { nowMs: () => Date.now() + aheadMs, monotonicMs: () => performance.now() };
  const dataDir = open.use(await tempDir('kestrel-cloud-')).path;
  cloud = open.use(await startDevCloud({ dataDir, log, clock, limits: { heartbeatIntervalMs: 50 } }));
  shop = await enrol(readValues(cloud.onboard('shop').valuesFile));
  bank = await enrol(readValues(cloud.onboard('bank').valuesFile));
});
afterEach(async () => await open.disposeAsync());

const shopId = (): string => shop.values.cluster.id;

async function refusal(identity: Identity, o: { token?: string; hello?: string } = {}) {
  using uplink = await TestUplink.open(identity, o.token === undefined ? {} : { token: o.token });
  uplink.hello({ clusterId: o.hello ?? shopId() });
  return { goAway: await uplink.goAway(), end: await uplink.over() };
}

describe('who may open a session', () => {
  test('given token, certificate and Hello of one cluster, then it is welcomed', async () => {
    using uplink = await TestUplink.welcomed(shop);
    expect(uplink.welcome.sessionId).not.toBe('');
  });

  test("given another cluster's token, certificate or Hello, then nothing fits together", async () => {
    const mismatch = { goAway: { reason: GoAway_Reason.IDENTITY_MISMATCH }, end: { code: status.PERMISSION_DENIED } };
    expect(await refusal(shop, { token: await bank.token() })).toMatchObject(mismatch);
    expect(await refusal({ ...shop, certPem: bank.certPem, keyPem: bank.keyPem })).toMatchObject(mismatch);
    expect(await refusal(shop, { hello: bank.values.cluster.id })).toMatchObject(mismatch);
  });

  test('given a token that is none, then it is refused as unauthenticated', async () => {
    const refused = await refusal(shop, { token: 'eyJhbGciOiJub25lIn0.e30.x' });
    expect(refused).toMatchObject({
      goAway: { reason: GoAway_Reason.UNAUTHENTICATED },
      end: { code: status.UNAUTHENTICATED },
    });
  });

  test('given a certificate of a foreign authority, then the handshake fails', async () => {
    const foreign = await certificateAuthority();
    const { certPem, keyPem } = await foreign.issue({ commonName: shopId(), clientAuth: true });
    using uplink = await TestUplink.open({ ...shop, certPem, keyPem });
    uplink.hello({ clusterId: shopId() });
    expect(await uplink.over()).toMatchObject({ code: status.UNAVAILABLE });
    expect(uplink.received).toEqual([]);
  });

  test('given expired tokens, then the session ends, the old token is refused and a new one is taken', async () => {
    const token = await shop.token();
    using uplink = await TestUplink.welcomed(shop);
    cloud.applyFaults({ expireTokens: true }, 'shop');
    expect(await uplink.goAway()).toMatchObject({ reason: GoAway_Reason.UNAUTHENTICATED });
    expect(await refusal(shop, { token })).toMatchObject({ end: { code: status.UNAUTHENTICATED } });
    using next = await TestUplink.welcomed(shop);
    expect(next.ended).toBeUndefined();
  });

  test('given revoked certificates, then the session ends and only a new certificate is taken', async () => {
    using uplink = await TestUplink.welcomed(shop);
    cloud.applyFaults({ revokeCertificates: true }, 'shop');
    expect(await uplink.goAway()).toMatchObject({
      reason: GoAway_Reason.UNAUTHENTICATED,
      message: 'the client certificate is revoked',
    });
    expect(await refusal(shop)).toMatchObject({ goAway: { message: expect.stringContaining('revoked') } });
    using next = await TestUplink.welcomed(await enrol(shop.values));
    expect(next.ended).toBeUndefined();
  });

  test.each([
    ['token', { tokenTtlMs: hourMs, certificateLifetimeMs: 3 * hourMs }],
    ['certificate', { tokenTtlMs: 3 * hourMs, certificateLifetimeMs: hourMs }],
  ] as const)('given a %s that expires during the session, then the session ends', async (what, lives) => {
    cloud.applyFaults(lives, 'shop');
    using uplink = await TestUplink.welcomed(await enrol(shop.values));
    aheadMs = 2 * hourMs;
    const message = `the ${what} is expired`;
    expect(await uplink.goAway()).toMatchObject({ reason: GoAway_Reason.UNAUTHENTICATED, message });
  });

  test('given protocol versions that nobody speaks, then it is refused', async () => {
    using uplink = await TestUplink.open(shop);
    uplink.hello({ clusterId: shopId(), protocolVersions: [2, 3] });
    expect(await uplink.goAway()).toMatchObject({ reason: GoAway_Reason.UNSUPPORTED_VERSION });
  });
});

describe('enrolment', () => {
  test("given another cluster's id, then it is refused", async () => {
    const asked = requestCertificate(bank.values, await bank.token(), shopId(), await generateKeyPair());
    await expect(asked).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  });

  test('given no good token, then it is refused', async () => {
    const asked = requestCertificate(shop.values, 'nothing', shopId(), await generateKeyPair());
    await expect(asked).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  });

  test('given a revoked client, then it gets no token until it is restored', async () => {
    cloud.applyFaults({ revokeClient: true }, 'shop');
    await expect(shop.token()).rejects.toMatchObject({ code: 'oauth_client_rejected' });
    cloud.applyFaults({ revokeClient: false }, 'shop');
    expect(await eventually(async () => await shop.token())).toMatch(/^eyJ/);
  });
});
