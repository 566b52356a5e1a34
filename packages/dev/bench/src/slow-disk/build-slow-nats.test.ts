import { describe, expect, test } from 'vitest';
import { slowedSync } from './build-slow-nats.ts';

const source =
  'func (f *File) Sync() error {\n\tif e := f.pfd.Fsync(); e != nil {\n\t\treturn f.wrapErr("sync", e)\n\t}\n}\n';

describe('slowedSync', () => {
  test("given Go's File.Sync, then it waits before the fsync", () => {
    expect(slowedSync(source, 2)).toContain('time.Sleep(2 * time.Millisecond)\n\tif e := f.pfd.Fsync(); e != nil {');
  });

  test('given a Go whose File.Sync looks otherwise, then nothing is passed off as slowed', () => {
    expect(() => slowedSync('package os\n', 2)).toThrow(/File\.Sync/);
    expect(() => slowedSync(source + source, 2)).toThrow(/File\.Sync/);
  });
});
