/** The scan that somebody asks for in the console: one at a time, its beginning and its result as events. */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { DeviceCommand } from '@tramhoc/protocol/command';
import type { EventData } from '@tramhoc/protocol/event';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import type { DriverWish } from '@tramhoc/protocol/twin';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import type { OpenLink } from '../drivers/slot.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { listHid as listRealHid } from '../transports/hid.ts';
import { type ScanDeps, scanHardware } from './scan.ts';
import { listSerialPorts as listRealPorts } from './serial-ports.ts';
import { slotPorts } from './slot-ports.ts';

export type ScanCommands = {
  /** A message at our command topic. What cannot be read, or comes while a scan runs, is not carried out. */
  commandArrived(payload: Buffer): void;
  /** A scan that runs is ended; nothing of it is told. */
  close(): Promise<void>;
};

export function createScanCommands({
  drivers,
  openLink,
  outbox,
  running,
  extraPorts,
  clock,
  log,
  listSerialPorts = listRealPorts,
  listHid = listRealHid,
}: {
  drivers: readonly AnyDriverDefinition[];
  openLink: OpenLink;
  outbox: Pick<Outbox, 'accept'>;
  /** What the slots run: their ports are left alone. */
  running(): Readonly<Record<string, DriverWish>>;
  extraPorts: readonly string[];
  clock: Clock;
  log: Log;
  listSerialPorts?: ScanDeps['listSerialPorts'];
  listHid?: ScanDeps['listHid'];
}): ScanCommands {
  const closing = new AbortController();
  let current: { scanId: string; done: Promise<void> } | undefined;
  const tell = (data: EventData<'vn.tramhoc.device.scan.v1'>): void => void outbox.accept('vn.tramhoc.device.scan.v1', data);

  const scan = async ({ scanId, modbus }: DeviceCommand): Promise<void> => {
    try {
      tell({ scanId, state: 'began', ports: [], more: 0 });
      const slots = slotPorts(running(), (kind) => drivers.find((driver) => driver.kind === kind));
      const { ports, more } = await scanHardware(
        { modbus, extraPorts },
        { definitions: drivers, openLink, listSerialPorts, listHid, slots, clock, signal: closing.signal },
      );
      if (closing.signal.aborted) return;
      tell({ scanId, state: 'done', ports, more });
      log.info({ ports: ports.length + more, found: ports.filter(({ state }) => state === 'found').length }, 'scan of the ports done');
    } catch (err) {
      log.error({ err }, 'the scan of the ports failed');
    }
  };
  return {
    commandArrived(payload) {
      const command = readCommand(payload);
      if (command === undefined) return log.warn({ payloadBytes: payload.length }, 'a command was not understood; update the agent');
      // the same command may come twice; whoever asked for another one sees the result of this one
      if (current !== undefined || closing.signal.aborted) return;
      const done = scan(command).finally(() => {
        current = undefined;
      });
      current = { scanId: command.scanId, done };
    },
    async close() {
      closing.abort(new Error('the agent ends'));
      await current?.done;
    },
  };
}

function readCommand(payload: Buffer): DeviceCommand | undefined {
  if (payload.length > maxMqttPayloadBytes) return undefined;
  try {
    return DeviceCommand.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
