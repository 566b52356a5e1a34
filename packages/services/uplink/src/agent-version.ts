import manifest from '../package.json' with { type: 'json' };

/** Version of the product: a release sets it in every package. */
export const agentVersion = manifest.version;
