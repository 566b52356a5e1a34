export { EngineError, type EngineErrorCode } from './engine-error.ts';
export { ENGINES, type Engine, type EngineName } from './engine-table.ts';
export type { Environment } from './environment.ts';
export { findEngine, type FindOptions, type FoundEngine } from './find-engine.ts';
export type { OnProgress } from './progress.ts';
