import type { TlsSource } from '@kestrel/grpc';

/** The owner's authorities for the server go before those that came with the client certificate. Follows both sources. */
export function authoritiesFirst(authorities: TlsSource, identity: TlsSource): TlsSource {
  return {
    current: () => ({ ...identity.current(), ...authorities.current() }),
    onChange(listener) {
      const stops = [identity.onChange(listener), authorities.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
