import { Actor } from '../actor/actor.ts';
import { processUsage } from '../process/process-usage.ts';
import { measuredSchema, type Measured, type Measurement } from './contract.ts';
import type { Size } from './shape.ts';

/** One measurement with what its process has needed. */
export interface ProcessMeasured extends Measured {
  /** The largest resident set of the whole process: with node, the library, and the input that was made for it. */
  readonly peakRssMb: number;
}

/** Measures in a process that has done nothing else: neither warm code nor memory of another measurement helps or harms. */
export async function measureInProcess(what: Measurement, size: Size): Promise<ProcessMeasured> {
  await using actor = new Actor(`policy ${what}`, new URL('./main.ts', import.meta.url));
  const measured = await actor.call('measure', { what, size }, measuredSchema);
  const { peakRssBytes } = await processUsage(actor.pid);
  return { ...measured, peakRssMb: peakRssBytes / 1e6 };
}
