import { serveActor } from '../actor/serve-actor.ts';
import { measureSchema } from './contract.ts';
import { MEASURE } from './measurements.ts';

serveActor({
  measure: (params) => {
    const { what, size } = measureSchema.parse(params);
    return MEASURE[what](size);
  },
});
