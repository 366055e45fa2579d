/** What a newly stored event changes in the tables the console reads. Runs inside the transaction that stores it. */
import { usbPlace } from '@tramhoc/protocol/asset';
import { dataOf, type TramEvent } from '@tramhoc/protocol/event';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { siteDay } from '../attendance/site-day.ts';
import type { ProjectionStore } from '../store/projection-store.ts';

/** `atMs`: the time the site worked out, or null ("không rõ giờ"). */
export type Projectable = {
  event: TramEvent;
  position: number;
  siteId: SiteId;
  deviceId: DeviceId;
  atMs: number | null;
  receivedMs: number;
  /** Only a site's broker says who is there. */
  fromBroker: boolean;
};

/** Gives the devices whose row changed, other than the one that spoke. */
export function projectEvent(tables: ProjectionStore, item: Projectable): DeviceId[] {
  const { event, position, siteId, deviceId, receivedMs } = item;
  const momentMs = item.atMs ?? receivedMs;
  const tap = dataOf(event, 'vn.tramhoc.attendance.tap.v1');
  if (tap !== undefined) {
    const punchedMs = terminalTime(tap.terminal?.time, { toldMs: momentMs, receivedMs });
    tables.tap({
      position,
      siteId,
      deviceId,
      slot: tap.slot,
      cardHash: tap.cardHash,
      technology: tap.technology,
      atMs: punchedMs ?? item.atMs,
      day: siteDay(punchedMs ?? momentMs),
      doubtful: tap.terminal !== undefined && punchedMs === undefined,
    });
    return [];
  }
  const reading = dataOf(event, 'vn.tramhoc.sensor.reading.v1');
  if (reading !== undefined) {
    for (const { quantity, value } of reading.measurements) tables.reading(siteId, deviceId, reading.slot, quantity, momentMs, value);
    return [];
  }
  const presence = dataOf(event, 'vn.tramhoc.site.presence.v1');
  if (presence !== undefined && item.fromBroker) {
    tables.presence({ deviceId: presence.device, siteId }, presence.online, momentMs, event);
    return [presence.device];
  }
  projectDeviceState(tables, item, momentMs);
  return [];
}

/** A terminal whose clock is ahead by more than this has been set wrong: nobody punches tomorrow. */
const maxAheadMs = 24 * 3_600_000;
/** No terminal is asked for more than 400 days (`sinceDays`): one that tells older punches has lost its time with its battery. */
const maxBehindMs = 401 * 24 * 3_600_000;

/** Terminals keep punches for days and know themselves when each was; the site knows only when it was told. undefined where that cannot be. */
function terminalTime(time: string | undefined, { toldMs, receivedMs }: { toldMs: number; receivedMs: number }): number | undefined {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return ms <= receivedMs + maxAheadMs && ms >= toldMs - maxBehindMs ? ms : undefined;
}

function projectDeviceState(
  tables: ProjectionStore,
  { event, position, siteId, deviceId, receivedMs }: Projectable,
  momentMs: number,
): void {
  const order = [event.epoch, event.seq] as const;
  const slot = dataOf(event, 'vn.tramhoc.device.slot.v1');
  if (slot !== undefined) {
    tables.slot(
      deviceId,
      slot.slot,
      slot.driver,
      slot.state,
      momentMs - (slot.stateMs ?? 0),
      slot.code ?? null,
      slot.message ?? null,
      slot.skippedBytes,
      slot.reopenCount,
      slot.timeoutCount ?? null,
      slot.lastFrameAgoMs === undefined ? null : momentMs - slot.lastFrameAgoMs,
      ...order,
    );
    return;
  }
  const hello = dataOf(event, 'vn.tramhoc.device.hello.v1');
  if (hello !== undefined) {
    if (tables.hello(deviceId, JSON.stringify(hello.driverKinds), ...order))
      tables.describe(hello.agentVersion, hello.model, hello.serial, hello.os, deviceId);
    return;
  }
  const driver = dataOf(event, 'vn.tramhoc.device.driver.v1');
  if (driver !== undefined) {
    tables.driver(deviceId, driver.kind, JSON.stringify(driver), ...order);
    return;
  }
  const reported = dataOf(event, 'vn.tramhoc.twin.reported.v1');
  if (reported !== undefined) {
    const documents = [JSON.stringify(reported.drivers), JSON.stringify(reported.errors)] as const;
    tables.reported(deviceId, reported.appliedVersion, reported.hash, ...documents, momentMs, ...order);
    return;
  }
  const display = dataOf(event, 'vn.tramhoc.asset.display.v1');
  if (display !== undefined) {
    tables.display(deviceId, display.slot, momentMs, JSON.stringify(display.state), ...order);
    return;
  }
  const computer = dataOf(event, 'vn.tramhoc.asset.computer.v1');
  if (computer !== undefined) {
    tables.computer(deviceId, computer.slot, momentMs, JSON.stringify(computer.state), ...order);
    return;
  }
  const load = dataOf(event, 'vn.tramhoc.asset.computer-load.v1');
  if (load !== undefined) {
    tables.computerLoad(deviceId, load.slot, momentMs, JSON.stringify(load.load), ...order);
    return;
  }
  const usb = dataOf(event, 'vn.tramhoc.asset.usb.v1');
  if (usb !== undefined) {
    tables.usb(deviceId, usb.slot, usbPlace(usb.device), usb.known ? 1 : 0, momentMs, ...order);
    return;
  }
  const fault = dataOf(event, 'vn.tramhoc.asset.fault.v1');
  if (fault !== undefined) {
    tables.fault(deviceId, fault.slot, fault.code, fault.level, fault.detail ?? null, fault.raised ? 1 : 0, momentMs, ...order);
    return;
  }
  const scan = dataOf(event, 'vn.tramhoc.device.scan.v1');
  if (scan !== undefined) {
    tables.scan(scan.state, momentMs, JSON.stringify(scan.ports), scan.more, deviceId, scan.scanId);
    return;
  }
  const feedback = dataOf(event, 'vn.tramhoc.kiosk.feedback.v1');
  if (feedback !== undefined)
    tables.feedback(
      position,
      siteId,
      deviceId,
      feedback.trackingCode,
      feedback.category,
      feedback.text,
      feedback.phone ?? null,
      feedback.language,
      receivedMs,
    );
}
