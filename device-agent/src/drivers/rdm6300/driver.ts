/** 125 kHz card readers of the RDM6300 kind. They only send: each frame becomes one card reading, repeats are dealt with above. */
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type Driver, type DriverDefinition, describe } from '../driver.ts';
import { joined, readLink } from '../read-link.ts';
import { decode } from './codec.ts';
import { discovery } from './discovery.ts';

const Config = z.strictObject({
  port: PortAddress,
  checksum: describe(z.enum(['xor', 'sum']).default('xor'), {
    vi: {
      title: 'Cách tính byte kiểm tra',
      help: 'Hầu hết đầu đọc dùng XOR. Chọn tổng nếu mọi thẻ đều bị bỏ qua (số byte bỏ qua cứ tăng).',
    },
    en: { title: 'Checksum', help: 'Nearly all readers use XOR. Choose sum when every card is ignored (the skipped bytes keep growing).' },
    options: { xor: { vi: 'XOR', en: 'XOR' }, sum: { vi: 'Tổng', en: 'Sum' } },
  }),
});
export type Rdm6300Config = z.infer<typeof Config>;

export const rdm6300: DriverDefinition<Rdm6300Config> = {
  kind: 'rdm6300',
  title: { vi: 'Đầu đọc thẻ 125 kHz (RDM6300)', en: '125 kHz card reader (RDM6300)' },
  configSchema: Config,
  capabilities: [{ can: 'read-cards' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, config, { clock, emit }): Promise<Driver<Rdm6300Config>> {
    let checksum = config.checksum;
    let rest: Uint8Array = new Uint8Array();
    let frameCount = 0;
    let skippedBytes = 0;
    let lastFrameAtMs: number | undefined;
    const reader = readLink(link, {
      onBytes(chunk) {
        const decoded = decode(joined(rest, chunk), checksum);
        rest = decoded.rest;
        skippedBytes += decoded.skippedBytes;
        for (const uid of decoded.frames) {
          frameCount += 1;
          lastFrameAtMs = clock.monotonicMs();
          emit({ kind: 'card', uid, technology: 'em4100' });
        }
      },
      onGone: () => undefined,
    });
    return {
      async configure(next) {
        checksum = next.checksum;
      },
      async close() {
        reader.stop();
      },
      counters: () => ({ frameCount, skippedBytes, timeoutCount: 0, lastFrameAtMs }),
    };
  },
};
