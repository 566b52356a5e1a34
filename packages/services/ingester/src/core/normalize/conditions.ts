import { type JsonObject, objects } from '../json.ts';

/** Whether the Ready condition of the status is True. */
export function isReady(status: JsonObject): boolean {
  return objects(status['conditions']).some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
}
