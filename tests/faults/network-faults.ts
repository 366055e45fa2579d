/** Faults of real networks: the device, the broker and the centre stand in networks of their own, and the kernel loses, delays and refuses packets. */
import { seededRandom } from '@tramhoc/base/random';
import { pseudoTerminal } from '../world/pseudo-terminal.ts';
import { createLedger } from './acknowledged.ts';
import { type CaseOptions, type CaseRow, emptyRow, type FaultCase, orFellOver } from './fault-case.ts';
import { cardFrame } from './gate-reader.ts';
import { cannotUseNamespaces, makeNamespaces, type Namespaces } from './namespaces.ts';
import { openTown, type Town } from './town.ts';

/** `cable`: the end in the broker's namespace. */
type Fault = {
  name: string;
  lastsMs: number;
  rounds: number;
  begin(net: Namespaces, cable: string): void;
  end(net: Namespaces, cable: string): void;
};

const table = (cable: string): string => `hole_${cable}`;

const faults: readonly Fault[] = [
  {
    ...{ name: 'network: link down', lastsMs: 3_000, rounds: 2 },
    begin: (net, cable) => net.run('ip', 'link', 'set', cable, 'down'),
    end: (net, cable) => net.run('ip', 'link', 'set', cable, 'up'),
  },
  {
    ...{ name: 'network: 30 % of packets lost', lastsMs: 8_000, rounds: 1 },
    begin: (net, cable) =>
      net.run('iptables', '-A', 'INPUT', '-i', cable, '-m', 'statistic', '--mode', 'random', '--probability', '0.3', '-j', 'DROP'),
    end: (net) => net.run('iptables', '-F', 'INPUT'),
  },
  {
    ...{ name: 'network: 128 kbit/s', lastsMs: 8_000, rounds: 1 },
    begin: (net, cable) =>
      net.run('tc', 'qdisc', 'add', 'dev', cable, 'root', 'tbf', 'rate', '128kbit', 'burst', '16kb', 'latency', '400ms'),
    end: (net, cable) => net.run('tc', 'qdisc', 'del', 'dev', cable, 'root'),
  },
  {
    // longer than keep-alive, so that the device notices and comes back by a new connection
    ...{ name: 'network: black hole', lastsMs: 30_000, rounds: 1 },
    begin(net, cable) {
      net.run('nft', 'add', 'table', 'inet', table(cable));
      for (const [hook, way] of [
        ['input', 'iifname'],
        ['output', 'oifname'],
      ] as const) {
        net.run('nft', 'add', 'chain', 'inet', table(cable), hook, `{ type filter hook ${hook} priority 0; }`);
        net.run('nft', 'add', 'rule', 'inet', table(cable), hook, way, cable, 'drop');
      }
    },
    end: (net, cable) => net.run('nft', 'delete', 'table', 'inet', table(cable)),
  },
  {
    ...{ name: 'network: connections refused with RST', lastsMs: 4_000, rounds: 2 },
    begin: (net, cable) => net.run('iptables', '-A', 'INPUT', '-i', cable, '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset'),
    end: (net) => net.run('iptables', '-F', 'INPUT'),
  },
];
const shortFault = 'network: connections refused with RST';
const shortMs = 1_500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const networkFaults: FaultCase = {
  name: 'network-faults',
  missing: cannotUseNamespaces,
  async *run(options) {
    const random = seededRandom(options.seed);
    const ledger = createLedger();
    const net = makeNamespaces();
    let town: Town | undefined;
    const undo: (() => void)[] = [];
    try {
      town = await openTown({ template: options.template, ledger, random: () => random.fraction(), places: net.places });
      await town.start('centre');
      await town.start('broker', { before: net.inBroker });
      await town.start('gate', { before: net.inDevice });
      const terminal = await pseudoTerminal(town.folder, 'reader');
      undo.push(() => terminal.close());
      await town.openSlot('gate', terminal.near);
      const cards = presentCards(terminal);
      undo.push(cards.stop);
      for (const fault of faults) {
        if (options.short && fault.name !== shortFault) continue;
        const opened = town;
        yield await orFellOver(fault.name, () => runFault(fault, { town: opened, net, options, cards }));
      }
    } finally {
      for (const step of undo.toReversed()) step();
      await town?.close();
      net.remove();
    }
  },
};

type Cards = { resume(): void; pause(): void; stop(): void };
type Parts = { town: Town; net: Namespaces; options: CaseOptions; cards: Cards };

async function runFault(fault: Fault, { town, net, options, cards }: Parts): Promise<CaseRow> {
  const startedMs = performance.now();
  const before = town.ledger.acknowledged.size;
  const rounds = options.rounds ?? (options.short ? 1 : fault.rounds);
  const lastsMs = options.short ? shortMs : fault.lastsMs;
  cards.resume();
  for (let round = 1; round <= rounds; round += 1)
    for (const cable of [net.deviceSide, net.centreSide]) {
      town.ledger.during(`${fault.name}, ${cable}`);
      fault.begin(net, cable);
      try {
        await sleep(lastsMs);
      } finally {
        fault.end(net, cable);
      }
      await sleep(1_000);
    }
  cards.pause();
  await town.drained(180_000);
  const { lost, doubled, broken } = town.compare();
  const acknowledged = town.ledger.acknowledged.size - before;
  return {
    ...emptyRow(fault.name),
    ...{ rounds: rounds * 2, acknowledged, lost: lost.length, doubled: doubled.length, seconds: (performance.now() - startedMs) / 1_000 },
    broken: broken.map((line) => `${fault.name}: ${line}`),
  };
}

/** One card after the other at the speed of a serial line. */
function presentCards(terminal: { sendByteByByte(bytes: Uint8Array): Promise<void> }): Cards {
  let paused = true;
  let stopped = false;
  let card = 0;
  const run = async (): Promise<void> => {
    while (!stopped) {
      if (paused) await sleep(20);
      else {
        card += 1;
        await terminal.sendByteByByte(cardFrame(card));
      }
    }
  };
  void run().catch(() => undefined);
  return {
    resume: () => {
      paused = false;
    },
    pause: () => {
      paused = true;
    },
    stop: () => {
      stopped = true;
    },
  };
}
