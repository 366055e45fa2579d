import type { ConformanceCase } from '../conformance-case.ts';
import type { SimulatedPrinter } from './simulator.ts';

/** Four conditions that differ, in turn. */
const conditions: readonly { make(printer: SimulatedPrinter): void; code: string; part?: string }[] = [
  { make: (printer) => printer.setPaper('low'), code: 'PRINTER_PAPER_LOW' },
  { make: (printer) => printer.setPaper('out'), code: 'PRINTER_PAPER_OUT' },
  { make: (printer) => printer.setCover(true), code: 'PRINTER_COVER_OPEN' },
  { make: (printer) => printer.setFault('cutter'), code: 'PRINTER_FAULT', part: 'cutter' },
];
const conditionOf = (n: number) => conditions[n % conditions.length]!;

export const conformance: ConformanceCase = {
  buses: ['serial', 'tcp', 'file'],
  config: { pollEveryS: 1 },
  changedConfig: { pollEveryS: 2, cut: 'full' },
  act(simulator, n) {
    const printer = simulator as SimulatedPrinter;
    printer.setPaper('ok');
    printer.setCover(false);
    printer.setFault('none');
    conditionOf(n).make(printer);
  },
  shows(reading, n) {
    const { code, part } = conditionOf(n);
    return (
      reading.kind === 'printer' &&
      reading.state.faults.length === 1 &&
      reading.state.faults[0]!.code === code &&
      reading.state.faults[0]!.part === part
    );
  },
  readingWithinMs: 4_000,
  // bytes with the highest bit set are no answers
  noise: Uint8Array.of(0xff, 0x80, 0x9f, 0xb3, 0xfe),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: true,
  wrongConfigs: [
    { config: { paper: '76' }, key: 'paper' },
    { config: { port: 'hid:04b8:0202' }, key: 'port' },
    { config: { port: 'file:lp0' }, key: 'port' },
    { config: { port: 'udp://192.168.1.50' }, key: 'port' },
    { config: { baudRate: 1200 }, key: 'baudRate' },
    { config: { width: 80 }, key: 'width' },
  ],
};
