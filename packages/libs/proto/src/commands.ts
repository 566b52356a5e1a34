// What the cloud may ask for.
export * from './gen/kestrel/commands/v1/command.ts';
