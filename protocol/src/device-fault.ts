/**
 * Parts of a device that are broken, empty or too hot, as the device tells of itself. A driver says all that is wrong now; what came and what went
 * becomes events (`vn.tramhoc.asset.fault.v1`). A device that cannot be reached is no fault of this kind: its slot says so.
 */
import { z } from 'zod';
import type { DisplayFault, DisplayState, PrinterState } from './asset.ts';
import type { ErrorCode } from './errors.ts';

/** Each is an error code as well: docs/errors.md has a row for it. */
export const deviceFaultCodes = [
  'FAULT_FAN',
  'FAULT_LAMP',
  'FAULT_TEMPERATURE',
  'FAULT_COVER',
  'FAULT_FILTER',
  'FAULT_LASER',
  'FAULT_SENSOR',
  'FAULT_ANTENNA',
  'FAULT_OTHER',
  'PRINTER_OFFLINE',
  'PRINTER_PAPER_LOW',
  'PRINTER_PAPER_OUT',
  'PRINTER_COVER_OPEN',
  'PRINTER_FAULT',
] as const satisfies readonly ErrorCode[];
export const DeviceFaultCode = z.enum(deviceFaultCodes);
export type DeviceFaultCode = z.infer<typeof DeviceFaultCode>;

/** `warning`: it works on, somebody should look in the next days. `error`: it does not, or will not for long. */
export const DeviceFault = z.strictObject({
  code: DeviceFaultCode,
  level: z.enum(['warning', 'error']),
  /** What the device adds in its own words or numbers. */
  detail: z.string().max(120).optional(),
});
export type DeviceFault = z.infer<typeof DeviceFault>;

/** Faults that one device has at a time; more than it has parts. */
export const maxDeviceFaults = 8;

const displayCodes: Readonly<Record<DisplayFault['part'], DeviceFaultCode>> = {
  fan: 'FAULT_FAN',
  lamp: 'FAULT_LAMP',
  temperature: 'FAULT_TEMPERATURE',
  cover: 'FAULT_COVER',
  filter: 'FAULT_FILTER',
  other: 'FAULT_OTHER',
};

export function faultsOfDisplay({ faults }: Pick<DisplayState, 'faults'>): DeviceFault[] {
  return onePerCode(faults.map(({ part, level }) => ({ code: displayCodes[part], level })));
}

export function faultsOfPrinter({ faults }: Pick<PrinterState, 'faults'>): DeviceFault[] {
  return onePerCode(faults.map(({ code, level, part }) => ({ code, level, ...(part === undefined ? {} : { detail: part }) })));
}

/** Of two with one code the worse one stays. */
function onePerCode(faults: readonly DeviceFault[]): DeviceFault[] {
  const worst = new Map<string, DeviceFault>();
  for (const fault of faults) if (worst.get(fault.code)?.level !== 'error') worst.set(fault.code, fault);
  return [...worst.values()].slice(0, maxDeviceFaults);
}

type FaultText = { title: string; whatToDo: string };
/** For people on screens. */
export const deviceFaultTexts: Readonly<Record<DeviceFaultCode, { vi: FaultText; en: FaultText }>> = {
  FAULT_FAN: {
    vi: { title: 'Quạt hỏng hoặc bị kẹt', whatToDo: 'Lau bụi các khe gió. Nếu vẫn báo, tắt máy và gọi sửa: máy sẽ quá nóng.' },
    en: {
      title: 'Fan broken or blocked',
      whatToDo: 'Clean the air openings. If it stays, switch the device off and have it repaired: it will overheat.',
    },
  },
  FAULT_LAMP: {
    vi: { title: 'Đèn chiếu, đèn nền hỏng hoặc sắp hỏng', whatToDo: 'Xem số giờ đèn và thay đèn đúng loại máy.' },
    en: { title: 'Lamp or backlight failed or near its end', whatToDo: 'Look at the lamp hours and put in a new lamp of the right type.' },
  },
  FAULT_TEMPERATURE: {
    vi: { title: 'Máy quá nóng', whatToDo: 'Tắt máy cho nguội, bỏ vật che khe gió, lau bộ lọc.' },
    en: { title: 'Too hot', whatToDo: 'Switch it off to cool down, clear the air openings, clean the filter.' },
  },
  FAULT_COVER: {
    vi: { title: 'Nắp đang mở', whatToDo: 'Đóng nắp máy cho chặt.' },
    en: { title: 'Cover open', whatToDo: 'Close the cover of the device firmly.' },
  },
  FAULT_FILTER: {
    vi: { title: 'Bộ lọc bụi bẩn', whatToDo: 'Lau hoặc thay bộ lọc, rồi đặt lại số giờ của bộ lọc trong menu máy.' },
    en: { title: 'Air filter clogged', whatToDo: 'Clean or replace the filter, then set its hours back in the menu of the device.' },
  },
  FAULT_LASER: {
    vi: { title: 'Tia laser của cảm biến hỏng', whatToDo: 'Thay cảm biến; số đo không được báo cáo nữa.' },
    en: { title: 'Laser of the sensor failed', whatToDo: 'Replace the sensor; its values are not reported any more.' },
  },
  FAULT_SENSOR: {
    vi: { title: 'Cảm biến báo lỗi', whatToDo: 'Ngắt điện rồi cấp điện lại. Nếu vẫn báo, thay cảm biến.' },
    en: { title: 'Sensor reports a fault', whatToDo: 'Switch its power off and on. If it stays, replace the sensor.' },
  },
  FAULT_ANTENNA: {
    vi: { title: 'Ăng-ten hỏng hoặc chưa nối', whatToDo: 'Kiểm tra dây ăng-ten của đầu đọc; ngõ không dùng thì tắt trong cấu hình.' },
    en: {
      title: 'Antenna broken or not connected',
      whatToDo: 'Check the antenna cables of the reader; leave unused sockets out of its config.',
    },
  },
  FAULT_OTHER: {
    vi: { title: 'Thiết bị báo lỗi khác', whatToDo: 'Xem đèn báo và menu của máy; tắt rồi bật lại. Nếu vẫn báo, gọi sửa.' },
    en: {
      title: 'Another fault of the device',
      whatToDo: 'Look at its lights and its menu; switch it off and on. If it stays, have it repaired.',
    },
  },
  PRINTER_OFFLINE: {
    vi: { title: 'Máy in không sẵn sàng', whatToDo: 'Kiểm tra nguồn và dây nối, bấm phím FEED một lần.' },
    en: { title: 'Printer not ready', whatToDo: 'Check its power and cable, and press its FEED key once.' },
  },
  PRINTER_PAPER_LOW: {
    vi: { title: 'Giấy in sắp hết', whatToDo: 'Thay cuộn mới khi có dịp.' },
    en: { title: 'Paper running low', whatToDo: 'Put a new roll in at the next occasion.' },
  },
  PRINTER_PAPER_OUT: {
    vi: { title: 'Máy in hết giấy', whatToDo: 'Mở nắp, đặt cuộn giấy mới rồi đóng nắp lại.' },
    en: { title: 'Out of paper', whatToDo: 'Open the cover, put a new roll in and close it.' },
  },
  PRINTER_COVER_OPEN: {
    vi: { title: 'Nắp máy in đang mở', whatToDo: 'Đóng nắp cho đến khi nghe tiếng khớp ở cả hai bên.' },
    en: { title: 'Printer cover open', whatToDo: 'Close it until it clicks on both sides.' },
  },
  PRINTER_FAULT: {
    vi: { title: 'Máy in báo lỗi', whatToDo: 'Tắt máy, lấy giấy kẹt ra rồi bật lại. Đầu in nóng thì chờ vài phút.' },
    en: {
      title: 'Printer fault',
      whatToDo: 'Switch it off, take out jammed paper, and switch it on again. Let a hot head cool for some minutes.',
    },
  },
};
