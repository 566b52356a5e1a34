import { expect, test } from 'vitest';

import { startTokenAuthority, type TokenAuthority } from './token-authority.ts';

test('given an issued token, when reviewed, then it stands for its user, until it is revoked', async () => {
  await using authority = await startTokenAuthority();
  const token = authority.issue({ user: 'eve', groups: ['readers'] });
  expect(await review(authority, token)).toEqual({
    authenticated: true,
    user: { username: 'eve', groups: ['readers'] },
  });
  authority.revoke(token);
  expect(await review(authority, token)).toEqual({ authenticated: false });
});

test('given a token of another authority, when reviewed, then it stands for nobody', async () => {
  await using authority = await startTokenAuthority();
  await using other = await startTokenAuthority();
  expect(await review(authority, other.issue({ user: 'eve', groups: [] }))).toEqual({ authenticated: false });
});

test('given something that is no TokenReview, when sent, then it is refused', async () => {
  await using authority = await startTokenAuthority();
  expect((await fetch(authority.url, { method: 'POST', body: '{"spec":{}}' })).status).toBe(400);
});

async function review(authority: TokenAuthority, token: string): Promise<unknown> {
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } });
  const answer: unknown = await (await fetch(authority.url, { method: 'POST', body })).json();
  expect(answer).toMatchObject({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' });
  return typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : undefined;
}
