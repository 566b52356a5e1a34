import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlightWindow } from './flight-window.ts';
import type { Flight } from './flight-window.ts';

const floor = 16 * 1024;
const ceiling = 4 * 1024 * 1024;

/** Sends as much as the window allows over a link of a rate and latency; returns the longest queue, in milliseconds of it. */
function drive(window: FlightWindow, link: { bytesPerMs: number; latencyMs: number }, forMs: number) {
  let nowMs = 0;
  let linkFreeMs = 0;
  let longestQueueMs = 0;
  const underWay: { flight: Flight; commitMs: number }[] = [];
  let committedBytes = 0;
  for (; nowMs < forMs; nowMs += 1) {
    const done = underWay.filter(({ commitMs }) => commitMs <= nowMs);
    for (const { flight } of underWay.splice(0, done.length)) {
      committedBytes += flight.bytes;
      window.committed([flight], nowMs);
    }
    while (window.hasRoom()) {
      const bytes = window.frameBytesMax();
      linkFreeMs = Math.max(linkFreeMs, nowMs) + bytes / link.bytesPerMs;
      longestQueueMs = Math.max(longestQueueMs, linkFreeMs - nowMs);
      underWay.push({ flight: window.sent(bytes, nowMs), commitMs: linkFreeMs + link.latencyMs });
    }
  }
  return { longestQueueMs, bytesPerMs: committedBytes / forMs };
}

test('given a fast link with a long way, when bulk flows, then the window opens until the link is full', () => {
  const seen = drive(new FlightWindow({ windowBytesMax: ceiling }), { bytesPerMs: 20_000, latencyMs: 70 }, 10_000);
  expect(seen.bytesPerMs).toBeGreaterThan(18_000);
});

test('given a link of 1 MB/s, when bulk flows for long, then control never waits behind much more than 200 ms of it', () => {
  const seen = drive(new FlightWindow({ windowBytesMax: ceiling }), { bytesPerMs: 1_000, latencyMs: 50 }, 20_000);
  expect(seen.longestQueueMs).toBeLessThan(400);
  expect(seen.bytesPerMs).toBeGreaterThan(900);
});

test('given commits that take a second, then the window does not collapse', () => {
  const seen = drive(new FlightWindow({ windowBytesMax: ceiling }), { bytesPerMs: 10_000, latencyMs: 1_000 }, 60_000);
  expect(seen.bytesPerMs).toBeGreaterThan(2_000);
});

test('given any traffic, then the limit stays between floor and ceiling and nothing in flight is lost or doubled', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 500_000 }), stepMs: fc.nat(500), commits: fc.nat(3) })),
      (steps) => {
        const window = new FlightWindow({ windowBytesMax: ceiling });
        const flights: Flight[] = [];
        let nowMs = 0;
        for (const { bytes, stepMs, commits } of steps) {
          nowMs += stepMs;
          flights.push(window.sent(bytes, nowMs));
          window.committed(flights.splice(0, commits), nowMs);
          expect(window.limitBytes()).toBeGreaterThanOrEqual(floor);
          expect(window.limitBytes()).toBeLessThanOrEqual(ceiling);
          expect(window.inFlightBytes).toBe(flights.reduce((sum, flight) => sum + flight.bytes, 0));
        }
        window.forgotten(flights);
        expect(window.inFlightBytes).toBe(0);
      },
    ),
  );
});

test('given a large event, then its parts are paced and not stopped by the window', () => {
  const window = new FlightWindow({ windowBytesMax: ceiling });
  window.sent(8_192, 0);
  expect(window.partDueMs).toBe(32);
  window.sent(8_192, 40);
  expect(window.hasRoom()).toBe(false);
  expect(window.partDueMs).toBe(72);
});
