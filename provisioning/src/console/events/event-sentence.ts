/** A stored event as one sentence for people. Pure; data that does not fit its schema (a newer device) falls back to the type's name. */
import { deviceFaultTexts } from '@tramhoc/protocol/device-fault';
import { type EventData, type EventType, eventData } from '@tramhoc/protocol/event';
import { type Quantity, quantities } from '@tramhoc/protocol/sensor';
import type { StoredEvent } from '../../api/contract.ts';
import { hardwareFault } from '../devices/hardware-fault.ts';
import type { Language } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateTimeText } from '../language/time-text.ts';
import type { Tone } from '../ui/pill.tsx';
import { en } from './event-messages.en.ts';
import { type EventText, vi } from './event-messages.vi.ts';

export type EventSentence = { tone: Tone; text: string };
type Names = { language: Language; deviceName?(deviceId: string): string | undefined; driverTitle?(kind: string): string | undefined };
type Typed = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];

export function eventTypeName(type: string, language: Language): string {
  return (language === 'vi' ? vi : en).types[type] ?? type;
}

export function eventSentence(event: Pick<StoredEvent, 'type' | 'data' | 'person'>, names: Names): EventSentence {
  const typed = typedEvent(event);
  if (typed === undefined) return { tone: 'mute', text: eventTypeName(event.type, names.language) };
  return sentenceOf(typed, event.person, names);
}

function typedEvent({ type, data }: Pick<StoredEvent, 'type' | 'data'>): Typed | undefined {
  if (!Object.hasOwn(eventData, type)) return undefined;
  const parsed = eventData[type as EventType].safeParse(data);
  return parsed.success ? ({ type, data: parsed.data } as Typed) : undefined;
}

function sentenceOf(event: Typed, person: StoredEvent['person'], { language, deviceName, driverTitle }: Names): EventSentence {
  const text = language === 'vi' ? vi : en;
  const count = (value: number): string => numberText(value, language);
  switch (event.type) {
    case 'vn.tramhoc.attendance.tap.v1':
      return tapSentence(event.data, person, text);
    case 'vn.tramhoc.sensor.reading.v1':
      return { tone: 'info', text: text.reading(measurementsText(event.data.measurements, language)) };
    case 'vn.tramhoc.asset.display.v1': {
      const { power, faults } = event.data.state;
      const parts = [
        text.display(text.power[power]),
        ...(faults.length === 0 ? [] : [text.displayFaults(faults.map(({ part }) => text.parts[part]).join(', '))]),
      ];
      return { tone: faults.some(({ level }) => level === 'error') ? 'bad' : faults.length > 0 ? 'warn' : 'info', text: parts.join(', ') };
    }
    case 'vn.tramhoc.asset.printer.v1': {
      const { ready, faults } = event.data.state;
      const told = faults.map(({ code, part }) =>
        part === undefined ? text.printerFaults[code] : text.printerPart(text.printerParts[part]),
      );
      return {
        tone: !ready ? 'bad' : faults.length > 0 ? 'warn' : 'info',
        text: text.printer([...(ready ? [text.printerReady] : []), ...told].join(', ')),
      };
    }
    case 'vn.tramhoc.asset.computer.v1': {
      const { state } = event.data;
      const failing = state.disks.filter(({ health }) => health === 'failing').length;
      if (failing > 0) return { tone: 'bad', text: text.computerDisk(count(failing)) };
      return {
        tone: 'info',
        text: text.computer([state.manufacturer, state.model, state.os.name, state.os.version].filter(Boolean).join(' ')),
      };
    }
    case 'vn.tramhoc.asset.computer-load.v1': {
      const { cpuPct, memoryUsedPct } = event.data.load;
      return { tone: 'mute', text: text.computerLoad(count(Math.round(cpuPct)), count(Math.round(memoryUsedPct))) };
    }
    case 'vn.tramhoc.asset.usb.v1': {
      const { change, device, known } = event.data;
      const name = `${device.name || text.usbUnnamed} (${device.vendorId}:${device.productId})`;
      return {
        tone: known || change === 'unplugged' ? 'info' : 'warn',
        text: known ? text.usb[change](name) : text.usbUnknown[change](name),
      };
    }
    case 'vn.tramhoc.asset.fault.v1': {
      const { slot, code, level, raised } = event.data;
      const { title } = deviceFaultTexts[code][language];
      if (!raised) return { tone: 'ok', text: text.faultGone(slot, title) };
      return { tone: level === 'error' ? 'bad' : 'warn', text: text.fault(slot, title) };
    }
    case 'vn.tramhoc.device.scan.v1': {
      const { state, ports, more } = event.data;
      if (state === 'began') return { tone: 'mute', text: text.scanBegan };
      const found = ports.filter((port) => port.state === 'found').length;
      return { tone: 'info', text: text.scanDone(count(found), count(ports.length + more)) };
    }
    case 'vn.tramhoc.library.items-seen.v1':
      return { tone: 'info', text: itemsText(event.data, text, count) };
    case 'vn.tramhoc.device.hello.v1':
      return { tone: 'info', text: text.hello(event.data.agentVersion, event.data.os) };
    case 'vn.tramhoc.device.driver.v1':
      return { tone: 'mute', text: text.driver(event.data.title[language]) };
    case 'vn.tramhoc.device.slot.v1': {
      const { slot, driver, state, code = null, message = null } = event.data;
      // `Máy chiếu, màn hình (PJLink)`: what it is; the protocol is of no use here
      const title = driverTitle?.(driver)?.replace(/\s*\([^()]*\)$/, '') ?? driver;
      const sentence = text.slot[state](slot, title);
      const cause = hardwareFault({ code, message }, language).text;
      return { tone: state === 'lost' ? 'bad' : state === 'open' ? 'ok' : 'mute', text: cause === '' ? sentence : `${sentence}: ${cause}` };
    }
    case 'vn.tramhoc.twin.reported.v1': {
      const { appliedVersion, errors } = event.data;
      return errors.length === 0
        ? { tone: 'ok', text: text.reported(count(appliedVersion)) }
        : { tone: 'bad', text: text.reportedErrors(count(appliedVersion), count(errors.length)) };
    }
    case 'vn.tramhoc.kiosk.feedback.v1':
      return { tone: 'info', text: text.feedback(event.data.trackingCode) };
    case 'vn.tramhoc.outbox.dropped.v1':
      return { tone: 'bad', text: text.dropped(count(event.data.count), count(event.data.from), count(event.data.to)) };
    case 'vn.tramhoc.outbox.damaged.v1':
      return { tone: 'bad', text: text.damaged(count(event.data.count)) };
    case 'vn.tramhoc.site.dropped.v1':
      return { tone: 'bad', text: text.siteDropped(count(event.data.count)) };
    case 'vn.tramhoc.site.presence.v1': {
      const { device, online, reason } = event.data;
      const tone = online ? 'ok' : reason === 'lost' || reason === 'revoked' ? 'bad' : 'mute';
      return { tone, text: text.presenceOf(deviceName?.(device) ?? device.slice(0, 8), text.presence[reason]) };
    }
    case 'vn.tramhoc.site.gap.v1':
      return { tone: 'warn', text: text.gap(count(event.data.from), count(event.data.to)) };
    case 'vn.tramhoc.site.quarantined.v1':
      return { tone: 'warn', text: text.quarantined(count(event.data.payloadBytes), event.data.reason) };
    default:
      return event satisfies never;
  }
}

function tapSentence(data: EventData<'vn.tramhoc.attendance.tap.v1'>, person: StoredEvent['person'], text: EventText): EventSentence {
  const who = person === null ? text.unknownCard : person.group === '' ? person.name : `${person.name} (${person.group})`;
  const what =
    data.terminal === undefined ? (data.technology === 'code' ? text.tapCode(who) : text.tap(who)) : punchText(data.terminal, who, text);
  return { tone: person === null ? 'warn' : 'ok', text: `${what}, ${text.at(data.slot)}` };
}

/** The time is the terminal's: it may tell a punch days later. */
function punchText(
  { time, direction }: NonNullable<EventData<'vn.tramhoc.attendance.tap.v1'>['terminal']>,
  who: string,
  text: EventText,
): string {
  const punched = text.tapTerminal(who, dateTimeText(Date.parse(time)));
  return direction === 'unknown' ? punched : `${punched}, ${text.direction[direction]}`;
}

/** `đặt 3, lấy 1, đang có 5`: what did not happen is left out. */
function itemsText(data: EventData<'vn.tramhoc.library.items-seen.v1'>, text: EventText, count: (value: number) => string): string {
  const { slot, mode, arrived, left, presentCount } = data;
  if (mode === 'passed') return text.itemsPassed(count(arrived.length), slot);
  const parts = [
    ...(arrived.length === 0 ? [] : [text.itemsCame(count(arrived.length))]),
    ...(left.length === 0 ? [] : [text.itemsLeft(count(left.length))]),
    ...(presentCount === undefined ? [] : [text.itemsPresent(count(presentCount))]),
  ];
  return text.items(parts.join(', '), slot);
}

/** `PM1 9,5 · PM2.5 18 µg/m³ · 28,4 °C`: values that share a unit name it once. */
function measurementsText(measurements: EventData<'vn.tramhoc.sensor.reading.v1'>['measurements'], language: Language): string {
  return measurements
    .map(({ quantity, value }, at) => {
      const { unit } = quantities[quantity];
      const next = measurements[at + 1];
      const last = next === undefined || quantities[next.quantity].unit !== unit;
      return `${shortNames[quantity] ?? quantities[quantity].label[language]} ${numberText(value, language, 1)}${last ? ` ${unit}` : ''}`;
    })
    .join(' · ');
}

const shortNames: Partial<Record<Quantity, string>> = { pm1: 'PM1', pm25: 'PM2.5', pm10: 'PM10', co2: 'CO₂' };
