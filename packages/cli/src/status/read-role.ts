import { z } from 'zod';

const roleSchema = z.union([
  z.string().transform((role) => ({ role })),
  z.looseObject({ role: z.string(), term: z.number().optional() }),
]);

/** Whether an instance is the active one, and of which term, as its election says. */
export interface Role {
  readonly role: string;
  readonly term?: number;
}

/** Reads the section `role` of a /statusz; `undefined` for a service without one. Pure. */
export function readRole(status: Readonly<Record<string, unknown>>): Role | undefined {
  const parsed = roleSchema.safeParse(status['role']);
  if (!parsed.success) return undefined;
  const { role } = parsed.data;
  return 'term' in parsed.data && parsed.data.term !== undefined ? { role, term: parsed.data.term } : { role };
}
