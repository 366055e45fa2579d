/**
 * What hardware is plugged into this computer: tramhoc agent scan. Serial ports are listened to, then asked questions that only read; ports that
 * somebody has open are left alone. May run beside the agent.
 */
import { writeFileSync } from 'node:fs';
import { systemClock } from '@tramhoc/base/clock';
import { runProgram, wrongWords } from '@tramhoc/base/command-line';
import { asFileFault, demandNewFile } from '@tramhoc/base/config';
import type { DriverWish } from '@tramhoc/protocol/twin';
import { driverOf, drivers } from '../drivers/registry.ts';
import { listHid } from '../transports/hid.ts';
import { openLink } from '../transports/open-link.ts';
import { parsePort } from '../transports/port-address.ts';
import { planProposal } from './plan-proposal.ts';
import { scanLines } from './print-scan.ts';
import { runningSlots } from './running-slots.ts';
import { scanHardware } from './scan.ts';
import { listSerialPorts } from './serial-ports.ts';
import { slotPorts } from './slot-ports.ts';

const usage = `usage: tramhoc agent scan [--data-dir <folder>] [--port <port> ...] [--modbus] [--listen-only] [--write <file.json>] [--json]

  --data-dir <folder>  of the agent on this computer: its slots are named, kept in the proposal, and their ports left alone
  --port <port>        look there as well: a pseudo-terminal, or a device server like tcp://192.168.1.30:4001
  --modbus             ask on serial lines for Modbus units 1 to 3 too
  --listen-only        send nothing: no question on a serial line, no search on the network
  --write <file.json>  write what to configure into a new file, for: tramhoc centre set-desired <device> <file.json>
  --json               print the result as JSON

A printer on a serial line may print the questions. Hold a card to a card reader while the scan runs: it is heard only then.
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  ...{ 'data-dir': text, write: text, modbus: flag, 'listen-only': flag, json: flag },
  port: { type: 'string', multiple: true },
} as const;

// whoever reads our lines has read enough
process.stdout.on('error', () => process.exit());
await runProgram({ usage, options }, async ({ values }) => {
  const wrong = values.port?.find((port) => !['serial', 'tcp'].includes(parsePort(port)?.bus ?? ''));
  if (wrong !== undefined)
    throw wrongWords(`--port ${wrong}: write a serial port like /dev/ttyUSB0, or a device server like tcp://192.168.1.30:4001`, usage);
  if (values.write !== undefined) demandNewFile(values.write);
  const running: Readonly<Record<string, DriverWish>> = values['data-dir'] === undefined ? {} : runningSlots(values['data-dir']);
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort(new Error('stopped')));
  process.once('SIGTERM', () => ending.abort(new Error('stopped')));
  const print = values.json === true ? () => undefined : say;
  print('Looking at the ports of this computer; this takes up to half a minute. Hold a card to card readers now.\n');
  const { ports, more } = await scanHardware(
    { modbus: values.modbus ?? false, listenOnly: values['listen-only'] ?? false, extraPorts: values.port ?? [] },
    {
      ...{ definitions: drivers, openLink, listSerialPorts, listHid, clock: systemClock(), signal: ending.signal },
      slots: slotPorts(running, driverOf),
      onPort: (port) => print(`${scanLines(port, (kind) => driverOf(kind)?.title.en).join('\n')}\n`),
    },
  );
  const { desired, added, left } = planProposal(ports, running);
  if (values.json === true) say(JSON.stringify({ ports, more, desired }, null, 2));
  const plugged = ports.filter(({ port }) => port !== 'host:');
  print(`${plugged.length + more} ports, ${plugged.filter(({ state }) => state === 'found').length} devices found.`);
  if (left.length > 0) print(`No slot is left for ${left.join(', ')}: give them to another computer.`);
  if (values.write === undefined) return;
  try {
    writeFileSync(values.write, `${JSON.stringify(desired, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw asFileFault(cause, values.write);
  }
  print(`${values.write}: ${added.length} slots added (${added.join(', ') || 'none'}), ${Object.keys(running).length} kept.`);
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
