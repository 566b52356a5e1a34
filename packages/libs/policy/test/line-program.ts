import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { stderr } from 'node:process';
import { findEngine, type EngineName } from '@kestrel/engines';
import type { z } from 'zod';

/** An original's own code behind a small program: a JSON line in, a JSON line out, one question at a time. */
export interface LineProgram<Question, Answer> extends AsyncDisposable {
  ask(question: Question): Promise<Answer>;
}

/** Finds or builds the program and starts it. Its answers repeat the `id` that is put before each question. */
export async function startLineProgram<Question extends object, Answer extends { readonly id: number }>(
  engine: EngineName,
  answerSchema: z.ZodType<Answer>,
): Promise<LineProgram<Question, Answer>> {
  const { path } = await findEngine(engine, { onProgress: (line) => void stderr.write(`${line}\n`) });
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  // A program that ended is noticed by its missing answer, which tells the question, too.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let id = 0;
  return {
    ask: async (question) => {
      id += 1;
      child.stdin.write(`${JSON.stringify({ id, ...question })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${engine} ended at question ${id}: ${JSON.stringify(question)}`);
      const answer = answerSchema.parse(JSON.parse(value));
      if (answer.id !== id) throw new Error(`answer ${answer.id} to question ${id}`);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
