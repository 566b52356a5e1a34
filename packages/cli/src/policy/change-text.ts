import { refText, type PolicyChange } from '@kestrel/policy';

/** A change by names: what of it is written into results. */
export interface ChangeNames {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly deleted: readonly string[];
}

export function changeNames({ added, replaced, deleted }: PolicyChange): ChangeNames {
  return {
    added: added.map(({ ref }) => refText(ref)),
    replaced: replaced.map(({ after }) => refText(after.ref)),
    deleted: deleted.map(({ ref }) => refText(ref)),
  };
}

/** One line a policy: `+` added, `~` replaced, `-` deleted. */
export function changeLines({ added, replaced, deleted }: ChangeNames): string {
  const lines = [
    ...added.map((name) => `+ ${name}`),
    ...replaced.map((name) => `~ ${name}`),
    ...deleted.map((name) => `- ${name}`),
  ];
  return lines.length === 0 ? 'no policy changes\n' : `${lines.join('\n')}\n`;
}
