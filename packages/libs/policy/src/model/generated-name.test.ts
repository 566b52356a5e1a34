import { expect, test } from 'vitest';
import { workloadsByPodName } from './generated-name.ts';
import { refText } from './object-ref.ts';

function named(name: string): string[] {
  return workloadsByPodName({ namespace: 'shop', name }).map(refText);
}

test.each([
  ['cart-7d9f8c6b5-x2x4z', 'shop/cart[Deployment]'],
  ['cart-5d4f8c7b9-abcde', 'shop/cart[Deployment]'],
  ['cart-db-7d9f8c6b5-x2x4z', 'shop/cart-db[Deployment]'],
  ['postgres-0', 'shop/postgres[StatefulSet]'],
  ['agent-zx5qw', 'shop/agent[DaemonSet]'],
  ['report-zx5qw', 'shop/report[Job]'],
  ['backup-28912345-zx5qw', 'shop/backup[CronJob]'],
])('given the name %s then it may be a pod of %s', (name, workload) => {
  expect(named(name)).toContain(workload);
});

test.each(['cart', 'cart-admin', 'cart-frontend-admin', 'cart-x', '-0', 'cart-'])(
  'given the name %s then no workload made it',
  (name) => {
    expect(named(name)).toEqual([]);
  },
);
