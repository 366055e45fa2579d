/** Projectors and boards that speak PJLink over the network, class 1 and 2. */
import { z } from 'zod';
import { withPortNumber } from '../../transports/display-address.ts';
import { NetworkAddress } from '../../transports/port-address.ts';
import * as fields from '../display-config.ts';
import { type DisplayProtocol, openDisplay } from '../display-session.ts';
import { forgetChanged } from '../display-wishes.ts';
import { type DriverDefinition, describe } from '../driver.ts';
import { decode, type Line } from './codec.ts';
import { authenticationNote, type Password, pjlinkDialect } from './dialect.ts';
import { discovery } from './discovery.ts';
import type { Facts } from './display-facts.ts';
import { md5Proof, sha256Proof } from './password-proof.ts';

/** Registered for PJLink. Specifications 3. */
const pjlinkPort = 4352;
/** Of the controller's random number. Class 2 version 2.10, 5.1 (1-4). */
const randomBytes = 16;

const Config = z.strictObject({
  port: NetworkAddress,
  password: describe(z.string().max(32).default(''), {
    vi: { title: 'Mật khẩu PJLink', help: 'Như đã đặt trong menu mạng của máy chiếu. Để trống nếu máy không đặt mật khẩu.' },
    en: { title: 'PJLink password', help: "As set in the projector's network menu. Leave it empty when none is set." },
    secret: true,
  }),
  authentication: describe(z.enum(['auto', 'sha256', 'md5']).default('auto'), {
    vi: {
      title: 'Cách xác thực',
      help: 'Tự động: dùng SHA-256 nếu máy có (PJLink 2.10), nếu không thì MD5. Chọn SHA-256 để không bao giờ dùng MD5 cũ.',
    },
    en: {
      title: 'Authentication',
      help: 'Automatic: SHA-256 where the device has it (PJLink 2.10), else MD5. Choose SHA-256 so that the old MD5 is never used.',
    },
    options: { auto: { vi: 'Tự động', en: 'Automatic' }, sha256: { vi: 'SHA-256', en: 'SHA-256' }, md5: { vi: 'MD5', en: 'MD5' } },
  }),
  power: fields.power,
  input: fields.input(/^(?:[1-6][1-9A-Z])?$/, '11 = RGB 1, 31 = HDMI 1, 32 = HDMI 2, 51 = LAN'),
  muted: describe(z.enum(['keep', 'yes', 'no']).default('keep'), {
    vi: { title: 'Tắt hình và tiếng', help: 'Đặt một lần khi máy đang bật; sau đó người dùng vẫn bật tắt được bằng điều khiển.' },
    en: { title: 'Blank picture and sound', help: 'Set once while the projector is on; people can still change it after that.' },
    options: { keep: { vi: 'Giữ nguyên', en: 'Keep' }, yes: { vi: 'Tắt', en: 'Blank' }, no: { vi: 'Hiện', en: 'Show' } },
  }),
  pollEveryS: describe(z.int().min(5).max(25).default(20), {
    vi: { title: 'Chu kỳ hỏi', help: 'Máy chiếu tự ngắt kết nối sau 30 giây không được hỏi.' },
    en: { title: 'Ask every', help: 'A projector closes the connection when it is not asked for 30 seconds.' },
    unit: 's',
  }),
});
export type PjlinkConfig = z.infer<typeof Config>;

const protocol: DisplayProtocol<PjlinkConfig, Line, Facts> = {
  decode(input) {
    const { lines, rest, skippedBytes } = decode(input);
    return { frames: lines, rest, skippedBytes };
  },
  dialect({ password, authentication }, { random, notes }) {
    const old = authentication === 'auto' && notes?.get(authenticationNote) === 'old';
    const ownRandom = (): string => Buffer.from(random.bytes(randomBytes)).toString('hex');
    const proofs: Password =
      password === ''
        ? undefined
        : {
            md5: (challenge) => md5Proof({ random: challenge, password }),
            sha256: (challenge) => sha256Proof({ random: challenge, ownRandom: ownRandom(), password }),
          };
    return pjlinkDialect({ password: proofs, authentication: old ? 'old' : authentication });
  },
  wishes: (config) => fields.wishesOf(config),
};

export const pjlink: DriverDefinition<PjlinkConfig> = {
  kind: 'pjlink',
  title: { vi: 'Máy chiếu, màn hình (PJLink)', en: 'Projector or display (PJLink)' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }, { can: 'switch-input' }, { can: 'mute' }, { can: 'report-faults' }],
  discovery,
  link: ({ port }) => ({ port: withPortNumber(port, pjlinkPort), serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  configured: (config, lasting) => forgetChanged(lasting, fields.wishesOf(config)),
  open: (link, config, deps) => openDisplay(protocol, { link, config, deps }),
};
