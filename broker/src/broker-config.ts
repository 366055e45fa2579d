/** The broker's config file. Every value has its reason here; the file itself is made by the centre's console or by hand (README.md). */
import { DeviceId } from '@tramhoc/protocol/ids';
import { z } from 'zod';
import { GatewaysConfig } from './gateways/gateway-config.ts';

const Port = z.int().min(0).max(65_535);
const Listen = z.strictObject({ host: z.string().min(1).max(253), port: Port });

export const BrokerConfig = z.strictObject({
  /** Folder of the site store, the identity and nothing else. Put it on a disk that survives a power cut. */
  dataDir: z.string().min(1),
  /** Devices listener of the centre and the PEM file of its root certificate. */
  centre: z.strictObject({
    url: z.url({ protocol: /^https$/ }),
    caFile: z.string().min(1),
    /** Of a city with ingest processes: where events go, https://events.example.vn:8443/v1/events. Everything else goes to `url`. */
    eventsUrl: z.url({ protocol: /^https$/ }).optional(),
  }),
  /** Used once, when there is no identity in `dataDir` yet. Good for one certificate, so it may stay in the file. */
  claim: z.strictObject({ deviceId: DeviceId, token: z.string().min(20).max(200) }).optional(),
  /** MQTT over TLS, for the devices of the site. Port 0 takes a free one. */
  mqtt: Listen.default({ host: '0.0.0.0', port: 8883 }),
  /** Third-party gadgets (Tasmota, Zigbee2MQTT, Shelly, ESPHome...) with user name and password. Without it there is no such door. */
  gateways: GatewaysConfig.optional(),
  /** Status page, /metrics and /healthz; they need no sign-in, so they listen on this computer only unless told otherwise. */
  status: Listen.default({ host: '127.0.0.1', port: 9464 }),
  /** How long rows that the centre has are kept at the site, in its own time (store-days.ts): a month lets a centre that was restored from a backup be filled again. */
  retentionDays: z.int().min(1).max(400).default(30),
  /** Size of the site store. 2 GiB hold about 4 million events: a school of 50 devices for three months without the centre. */
  maxStoreBytes: z
    .int()
    .min(4 * 1024 * 1024)
    .default(2 * 1024 ** 3),
});
export type BrokerConfig = z.infer<typeof BrokerConfig>;
