/** A Hikvision terminal that posts its events, one a request, until it is answered 200. Written from published events, not from our codec. */
import { z } from 'zod';
import { clientCable } from '../simulated-client.ts';
import { defineSimulator, type Simulator } from '../simulator.ts';

export type EventTerminal = Simulator & {
  /** Minors of major 5: 1 card, 38 finger, 75 face; 39 is a finger that was not recognised. */
  punch(employeeNo: string, how?: { minor?: number; status?: string }): void;
  unsentCount(): number;
};

const Options = z.strictObject({
  serial: z.string().default('GA6820584'),
  mac: z.string().default('a4:d5:c2:62:3e:31'),
  /** Events come as a form with a picture beside them. */
  multipart: z.stringbool().or(z.boolean()).default(false),
  utcOffsetMinutes: z.coerce.number().int().default(420),
});
type Options = z.infer<typeof Options>;

const heartbeatMs = 30_000;
const retryMs = 10_000;
const boundary = 'MIME_boundary';

export const hikvisionIsapiSimulator = defineSimulator<EventTerminal, Options>({
  kind: 'hikvision-isapi',
  usage: [
    'punch 1023        somebody with this number shows the face',
    'punch 1023 out    and leaves',
    'stranger          somebody whom it does not know',
  ],
  optionsSchema: Options,
  build({ clock }, options) {
    const waiting: Record<string, unknown>[] = [];
    let serialNo = 272;
    let wake = Promise.withResolvers<void>();
    const stamp = (): string => {
      const local = new Date(clock.wallMs() + options.utcOffsetMinutes * 60_000).toISOString().slice(0, 19);
      const two = (value: number): string => String(value).padStart(2, '0');
      const away = Math.abs(options.utcOffsetMinutes);
      return `${local}${options.utcOffsetMinutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
    };
    const event = (eventType: string, inner: Record<string, unknown> | undefined): Record<string, unknown> => ({
      ...{
        ipAddress: '192.168.1.64',
        portNo: 80,
        protocol: 'HTTP',
        macAddress: options.mac,
        channelID: 1,
        dateTime: stamp(),
        activePostCount: 1,
      },
      ...{
        eventType,
        eventState: inner === undefined ? 'inactive' : 'active',
        eventDescription: eventType,
        shortSerialNumber: options.serial,
      },
      ...(inner === undefined ? {} : { AccessControllerEvent: inner }),
    });
    const happened = (inner: Record<string, unknown>): void => {
      serialNo += 1;
      waiting.push(event('AccessControllerEvent', { deviceName: 'Access Controller', majorEventType: 5, serialNo, ...inner }));
      const { resolve } = wake;
      wake = Promise.withResolvers();
      resolve();
    };
    const post = async (body: Record<string, unknown>): Promise<boolean> => {
      const json = JSON.stringify(body);
      const answer = await cable.ask({
        ...{ method: 'POST', path: '/' },
        headers: { 'content-type': options.multipart ? `multipart/form-data; boundary=${boundary}` : 'application/json' },
        body: options.multipart ? form(json) : new TextEncoder().encode(json),
      });
      return answer?.status === 200;
    };
    const life = async (signal: AbortSignal): Promise<void> => {
      let heartbeatAtMs = clock.monotonicMs();
      for (;;) {
        let well = true;
        while (well && waiting.length > 0) {
          well = await post(waiting[0]!);
          if (well) waiting.shift();
        }
        if (clock.monotonicMs() >= heartbeatAtMs) {
          await post(event('heartBeat', undefined));
          heartbeatAtMs = clock.monotonicMs() + heartbeatMs;
        }
        signal.throwIfAborted();
        // something happened meanwhile
        if (well && waiting.length > 0) continue;
        const early = new AbortController();
        await Promise.race([
          clock.sleep(well ? heartbeatMs : retryMs, AbortSignal.any([signal, early.signal])).catch(() => undefined),
          wake.promise,
        ]);
        early.abort();
        signal.throwIfAborted();
      }
    };
    const cable = clientCable({ clock, life });
    const punch: EventTerminal['punch'] = (employeeNo, { minor = 75, status } = {}) => {
      happened({
        ...{ subEventType: minor, name: 'Nguyễn Văn Mẫu', cardReaderNo: 1, employeeNoString: employeeNo, userType: 'normal' },
        ...{ currentVerifyMode: 'faceOrFpOrCardOrPw', ...(status === undefined ? {} : { attendanceStatus: status }) },
      });
      // the door opens and closes
      for (const door of [21, 22]) happened({ subEventType: door, doorNo: 1, currentVerifyMode: 'invalid' });
    };
    return {
      plug: cable.plug,
      unplug: cable.unplug,
      punch,
      unsentCount: () => waiting.length,
      act(line) {
        if (line.trim() === 'stranger') {
          happened({ subEventType: 76, currentVerifyMode: 'face' });
          return undefined;
        }
        const match = /^punch\s+([0-9A-Za-z]{1,24})(?:\s+(in|out))?$/.exec(line.trim());
        if (match === null) return 'type: punch <number> [in|out], or stranger';
        punch(match[1]!, match[2] === undefined ? {} : { status: match[2] === 'in' ? 'checkIn' : 'checkOut' });
        return undefined;
      },
      close: cable.unplug,
    };
  },
});

/** The event, and a picture of 64 bytes that looks like JSON and boundaries to whoever reads it. */
function form(json: string): Uint8Array {
  const picture = Buffer.from(`\xff\xd8{"AccessControllerEvent":\r\n\r\n{}}${'\0'.repeat(20)}\xff\xd9`, 'latin1');
  return Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="event_log"\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}\r\n`,
    ),
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="Picture"; filename="Picture.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    ),
    picture,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}
