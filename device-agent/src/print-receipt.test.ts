/** From the kiosk's call on the local link to dots on paper: a real agent, a real socket, a printer on a real TCP port. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import type { Receipt } from '@tramhoc/protocol/receipt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { escposSimulator } from './drivers/escpos/simulator.ts';
import { driverOf } from './drivers/registry.ts';
import { createSlots } from './drivers/slots.ts';
import { openLocalLink } from './local-link/local-link-server.ts';
import { simulate } from './simulate.ts';
import { openLink } from './transports/open-link.ts';

const receipt: Receipt = {
  lines: [
    { line: 'title', text: 'PA-7K3M-9QXP' },
    { line: 'qr', text: 'PA-7K3M-9QXP' },
    { line: 'text', text: 'Giữ phiếu này.' },
  ],
};

/** One call, and its answer. */
function call(path: string, params: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify({ id: 1, method: 'receipt.print', params })}\n`));
    let heard = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8');
      const answer = heard.split('\n').find((line) => line.startsWith('{"id":1,'));
      if (answer === undefined) return;
      socket.destroy();
      resolve(JSON.parse(answer));
    });
  });
}

test('a receipt that the kiosk asks for comes out of the printer, or the kiosk is told why not', { timeout: 60_000 }, async () => {
  const deps = { clock: systemClock(), random: systemRandom() };
  const printer = await simulate(escposSimulator, { listen: 'tcp://127.0.0.1:0' }, deps, { paper: '58' });
  const slots = createSlots({
    ...deps,
    log: silentLog,
    definitionOf: driverOf,
    openLink,
    onReading: () => true,
    notes: new Map(),
    onStatus: () => undefined,
  });
  const folder = mkdtempSync(join(tmpdir(), 'tram-print-'));
  const path = join(folder, 'agent.sock');
  const refuse = (): never => {
    throw new Error('not asked here');
  };
  const link = await openLocalLink({
    path,
    groupAccess: false,
    handlers: {
      'status.get': () => ({
        ...{ agentVersion: '0', deviceName: 'Kiosk', enrolment: { state: 'unclaimed' as const }, brokerConnected: false },
        ...{ pendingEvents: 0, clockQuality: 'unknown' as const, nowMs: 0, slots: [] },
      }),
      'feedback.submit': refuse,
      'enrolment.restart': refuse,
      'receipt.print': (wanted) => slots.receiptPrinter()!.print(wanted),
    },
    log: silentLog,
  });
  onTestFinished(async () => {
    await link.close();
    await slots.closeAll();
    await printer.close();
    rmSync(folder, { recursive: true, force: true });
  });
  expect(slots.receiptPrinter()).toBe(undefined);
  await slots.apply({ do: 'open', slot: 'may-in', wish: { kind: 'escpos', config: { port: printer.port, paper: '58', pollEveryS: 1 } } });
  await vi.waitFor(() => expect(slots.list()).toMatchObject([{ state: 'open', printsReceipts: true }]), { timeout: 10_000 });
  expect(await call(path, receipt)).toEqual({ id: 1, ok: true, result: { confirmed: true } });
  const [page] = printer.device.pages();
  expect([printer.device.pages().length, page!.codes, page!.rows[0]!.length]).toEqual([1, ['PA-7K3M-9QXP'], 384]);
  printer.device.act('paper out');
  expect(await call(path, receipt)).toMatchObject({ id: 1, ok: false, code: 'PRINTER_PAPER_OUT' });
  printer.device.act('paper ok');
  expect(await call(path, receipt)).toMatchObject({ ok: true });
  expect(await call(path, { lines: [{ line: 'text', text: 'hai\ndòng' }] })).toMatchObject({ ok: false, code: 'REQUEST_INVALID' });
  expect(printer.device.pages().length).toBe(2);
});
