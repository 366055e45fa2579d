/** Receipt printers that speak ESC/POS: on a serial line, on the network, on USB. */
import { z } from 'zod';
import { withPortNumber } from '../../transports/display-address.ts';
import { PrinterAddress } from '../../transports/port-address.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { openPrinter } from './printer-session.ts';

/** Raw printing over TCP, as HP began it. */
const rawPrintPort = 9100;
const baudRates = [9600, 19_200, 38_400, 57_600, 115_200] as const;

const Config = z.strictObject({
  port: PrinterAddress,
  baudRate: describe(z.literal(baudRates).default(19_200), {
    vi: { title: 'Tốc độ', help: 'Chỉ dùng cho cổng nối tiếp. Máy in ghi tốc độ trên phiếu tự kiểm tra (giữ phím FEED khi bật nguồn).' },
    en: { title: 'Speed', help: 'Serial ports only. The printer names it on its self-test (hold FEED while switching it on).' },
    unit: 'baud',
  }),
  paper: describe(z.enum(['58', '80']).default('80'), {
    vi: { title: 'Khổ giấy', help: 'Bề rộng cuộn giấy đang dùng trong máy in.' },
    en: { title: 'Paper', help: 'How wide the roll in the printer is.' },
    options: { '58': { vi: '58 mm', en: '58 mm' }, '80': { vi: '80 mm', en: '80 mm' } },
  }),
  cut: describe(z.enum(['partial', 'full', 'none']).default('partial'), {
    vi: { title: 'Cắt giấy', help: 'Cắt một phần để phiếu không rơi. Chọn Không nếu máy in không có dao cắt.' },
    en: { title: 'Cut', help: 'A partial cut keeps the receipt from falling down. Choose none for a printer without a cutter.' },
    options: {
      partial: { vi: 'Một phần', en: 'Partial' },
      full: { vi: 'Cắt rời', en: 'Full' },
      none: { vi: 'Không', en: 'None' },
    },
  }),
  qr: describe(z.boolean().default(true), {
    vi: { title: 'In mã QR', help: 'Bỏ chọn nếu máy in đời cũ không in được mã QR: phiếu chỉ còn phần chữ.' },
    en: { title: 'QR codes', help: 'Clear it for an old printer that has none: the receipt then has the text only.' },
  }),
  raster: describe(z.enum(['gs-v-0', 'gs-l']).default('gs-v-0'), {
    vi: { title: 'Lệnh in hình', help: 'Gần như mọi máy dùng GS v 0. Chọn GS ( L nếu máy in ra ký tự lạ thay cho chữ.' },
    en: {
      title: 'Picture command',
      help: 'Nearly all printers know GS v 0. Choose GS ( L when strange characters come out instead of text.',
    },
    options: { 'gs-v-0': { vi: 'GS v 0', en: 'GS v 0' }, 'gs-l': { vi: 'GS ( L', en: 'GS ( L' } },
  }),
  status: describe(z.enum(['ask', 'none']).default('ask'), {
    vi: {
      title: 'Trạng thái',
      help: 'Máy in được hỏi còn giấy không, nắp có đóng không. Một số máy in USB rẻ tiền không bao giờ trả lời.',
    },
    en: {
      title: 'Status',
      help: 'The printer is asked whether there is paper and the cover is closed. Some cheap USB printers never answer.',
    },
    options: { ask: { vi: 'Hỏi máy in', en: 'Ask the printer' }, none: { vi: 'Không trả lời', en: 'Never answers' } },
  }),
  pollEveryS: describe(z.int().min(1).max(300).default(10), {
    vi: { title: 'Chu kỳ hỏi', help: 'Máy in được hỏi trạng thái mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Ask every', help: 'The printer is asked how it is once in this time.' },
    unit: 's',
  }),
});
export type EscposConfig = z.infer<typeof Config>;

export const escpos: DriverDefinition<EscposConfig> = {
  kind: 'escpos',
  title: { vi: 'Máy in phiếu (ESC/POS)', en: 'Receipt printer (ESC/POS)' },
  configSchema: Config,
  capabilities: [{ can: 'print-receipts' }],
  link: ({ port, baudRate }) => ({
    port: withPortNumber(port, rawPrintPort),
    serial: { baudRate, dataBits: 8, parity: 'none', stopBits: 1 },
  }),
  open: openPrinter,
};
