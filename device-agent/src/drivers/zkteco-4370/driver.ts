/** ZKTeco attendance terminals whose log is read over port 4370: punches as they happen, and regularly what is in the log. Nothing is ever deleted. */
import { z } from 'zod';
import { parsePort, TcpOrUdpAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { utcOffsetMinutes } from '../terminal-fields.ts';
import { openTerminal } from './session.ts';

const usualPort = 4370;

const Config = z.strictObject({
  port: TcpOrUdpAddress,
  password: describe(
    z
      .string()
      .regex(/^\d{0,9}$/, 'digits only, as in the menu of the terminal')
      .default(''),
    {
      vi: { title: 'Mã kết nối (Comm Key)', help: 'Như đặt trong menu Kết nối của máy. Để trống nếu máy để 0.' },
      en: { title: 'Comm key', help: 'As set in the connection menu of the terminal. Leave empty when it is 0 there.' },
      secret: true,
    },
  ),
  pollEveryS: describe(z.int().min(1).max(3_600).default(60), {
    vi: { title: 'Chu kỳ hỏi', help: 'Máy chấm công được hỏi lượt mới mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Ask every', help: 'The terminal is asked for new punches once in this time.' },
    unit: 's',
  }),
  sinceDays: describe(z.int().min(1).max(400).default(30), {
    vi: { title: 'Lấy lại tối đa', help: 'Lần đầu, lượt chấm công cũ hơn số ngày này được bỏ qua (tính theo đồng hồ của máy).' },
    en: { title: 'Look back', help: 'Punches older than this are left out at the first reading (by the clock of the terminal).' },
    unit: 'd',
  }),
  utcOffsetMinutes,
});
export type Zkteco4370Config = z.infer<typeof Config>;

export const zkteco4370: DriverDefinition<Zkteco4370Config> = {
  kind: 'zkteco-4370',
  title: { vi: 'Máy chấm công ZKTeco (đọc qua cổng 4370)', en: 'ZKTeco attendance terminal (read over port 4370)' },
  configSchema: Config,
  capabilities: [{ can: 'read-punches' }],
  link: ({ port }) => ({
    port: withUsualPort(port),
    serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  }),
  open: openTerminal,
};

function withUsualPort(address: string): string {
  const parsed = parsePort(address);
  return (parsed?.bus === 'tcp' || parsed?.bus === 'udp') && parsed.port === undefined ? `${address}:${usualPort}` : address;
}
