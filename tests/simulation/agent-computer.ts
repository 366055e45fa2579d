/** A device at a site: everything the agent runs once it is enrolled, with a card reader that the history holds cards in front of. */
import { Duplex } from 'node:stream';
import type { Log } from '@tramhoc/base/log';
import type { AgentConfig } from '@tramhoc/device-agent/agent-config';
import type { AnyDriverDefinition, DriverDefinition, Reading } from '@tramhoc/device-agent/drivers/driver';
import { startEnrolledDevice } from '@tramhoc/device-agent/enrolled-device';
import type { IdentityStore } from '@tramhoc/device-agent/identity/identity-store';
import { TramError } from '@tramhoc/protocol/errors';
import { CardUid, type DeviceId, type SiteId } from '@tramhoc/protocol/ids';
import type { Feedback } from '@tramhoc/protocol/kiosk';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import type { DesiredState, DriverWish } from '@tramhoc/protocol/twin';
import { z } from 'zod';
import { cardKey } from './centre-computer.ts';
import type { Software } from './computer.ts';
import type { Dice } from './dice.ts';
import type { DeviceWire } from './mqtt-cable.ts';
import { openWiredLink } from './mqtt-device.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { noIdentity } from './site-computer.ts';

export type Device = {
  connected(): boolean;
  pending(): number;
  /** Holds a card in front of a reader that is open; false when there is none. */
  card(uid: string): boolean;
  measure(reading: Reading): boolean;
  /** What the kiosk's screen shows: the code, or undefined when the disk refused. */
  feedback(feedback: Feedback): string | undefined;
};
export const agentDatabase = '/agent/outbox.db';

const ReaderConfig = z.strictObject({ port: z.string().max(40), note: z.string().max(40).default('') });
type ReaderConfig = z.infer<typeof ReaderConfig>;
type Ears = Map<string, (reading: Reading) => void>;

export function agentSoftware({
  siteId,
  deviceId,
  disk,
  wire,
  dice,
  log,
  outboxMaxBytes,
  portRefused,
  onServing,
  onNotice,
}: {
  siteId: SiteId;
  deviceId: DeviceId;
  disk: SimulatedDisk;
  wire: DeviceWire;
  dice: Dice;
  log: Log;
  outboxMaxBytes: number;
  /** Chance that a reader's port cannot be opened. */
  portRefused: number;
  onServing(device: Device | undefined): void;
  onNotice(notice: AgentNotice): void;
}): Software {
  return {
    async start(program) {
      const ears: Ears = new Map();
      const emit = (reading: Reading): boolean => {
        const ear = [...ears.values()][0];
        if (ear === undefined || !program.alive) return false;
        ear(reading);
        return true;
      };
      program.onEnd.push(() => onServing(undefined));
      const device = await startEnrolledDevice({
        config: { dataDir: '/agent', centre: { url: 'https://centre', caFile: '' } } as AgentConfig,
        store: unchangingIdentity,
        grant: { deviceId, siteId, siteName: siteId, enrolToken: '', brokerUrl: 'mqtts://site:8883', cardKey },
        identity: noIdentity,
        facts: { agentVersion: '0.1.0', model: 'simulated', serial: 'none', os: 'none' },
        drivers: [readerDriver(ears) as AnyDriverDefinition],
        openLink: () =>
          dice.chance(portRefused)
            ? Promise.reject(new TramError('DRIVER_PORT_UNAVAILABLE', 'the port cannot be opened; plug the cable in.'))
            : Promise.resolve(new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })),
        openMqtt: (options) => openWiredLink(options, program, wire),
        tell(notice) {
          if (program.alive) onNotice(notice);
        },
        onChange: () => undefined,
        ...{ clock: program.clock, random: program.dice, log, disk: disk.mountedBy(program), outboxMaxBytes },
        isNtpSynced: () => false,
      });
      onServing({
        connected: device.brokerConnected,
        pending: device.pendingEvents,
        card: (uid) => emit({ kind: 'card', uid: CardUid.parse(uid), technology: 'em4100' }),
        measure: emit,
        feedback(feedback) {
          try {
            return device.submitFeedback(feedback).trackingCode;
          } catch {
            return undefined;
          }
        },
      });
      return { stop: () => device.close() };
    },
  };
}

/** A reader that says at once what it is given. Ports are told apart, so that a twin can move a slot from one to another. */
function readerDriver(ears: Ears): DriverDefinition<ReaderConfig> {
  return {
    kind: 'reader',
    title: { vi: 'Đầu đọc mô phỏng', en: 'Simulated reader' },
    configSchema: ReaderConfig,
    capabilities: [{ can: 'read-cards' }],
    link: ({ port }) => ({ port, serial: { baudRate: 9_600, dataBits: 8, parity: 'none', stopBits: 1 } }),
    open(_link, { port }, { emit }) {
      ears.set(port, emit);
      return Promise.resolve({
        configure: () => Promise.resolve(),
        close() {
          ears.delete(port);
          return Promise.resolve();
        },
        counters: () => ({ frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined }),
      });
    },
  };
}

/** What an administrator may wish for; one in twelve has a slot that the device must refuse. */
export function someWish(dice: Dice): DesiredState {
  const reader = (port: string): DriverWish => ({ kind: 'reader', config: { port, note: `n${dice.whole(1, 999)}` } });
  const drivers: Record<string, DriverWish> = { gate: reader(dice.chance(0.8) ? 'sim:1' : 'sim:3') };
  if (dice.chance(0.4)) drivers['yard'] = reader('sim:2');
  if (dice.chance(0.08)) drivers['lab'] = { kind: 'unheard-of', config: { port: 'sim:9' } };
  return { drivers };
}

/** Enrolled once and for all: certificates and revocation are other tests. */
const unchangingIdentity: IdentityStore = {
  keyPem: () => '',
  grant: () => undefined,
  saveGrant: () => undefined,
  dropGrant: () => undefined,
  identity: () => noIdentity,
  saveIdentity: () => undefined,
  next: () => undefined,
  saveNext: () => undefined,
  promoteNext: () => undefined,
  dropNext: () => undefined,
  revoked: () => false,
  setRevoked: () => undefined,
  reset: () => undefined,
};
