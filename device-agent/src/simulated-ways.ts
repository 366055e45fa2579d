/** How a simulated device can be plugged in: in each way whose port the config of its driver takes. */
import { driverOf } from './drivers/registry.ts';

/** `port`: what a slot would be given; `typed`: how a person says it to `tramhoc agent simulate`. */
const all = {
  tcp: { port: 'tcp://127.0.0.1:4001', typed: '--listen tcp://127.0.0.1:4001' },
  udp: { port: 'udp://127.0.0.1:4370', typed: '--listen udp://127.0.0.1:4370' },
  pty: { port: '/tmp/device', typed: '--pty /tmp/device' },
  call: { port: 'http-in://127.0.0.1:8081', typed: '--call http://127.0.0.1:8081' },
};
export type Way = keyof typeof all;

/** Of a device that hangs on the computer itself (USB HID, PC/SC) there is none: only tests reach it. */
export function waysOf(kind: string): Way[] {
  const driver = driverOf(kind);
  return (Object.keys(all) as Way[]).filter((way) => driver?.configSchema.safeParse({ port: all[way].port }).success === true);
}

/** For a person: what to type, or that there is nothing. */
export function waysText(kind: string): string {
  const ways = waysOf(kind);
  return ways.length === 0
    ? `${kind} hangs on the computer itself: only tests reach the simulated one`
    : `plug ${kind} in with ${ways.map((way) => all[way].typed).join(' or ')}; its slots look nowhere else`;
}
