/** The agent's own config file: what must be known before the centre has said anything. Everything else comes down in the twin. */
import { z } from 'zod';

export const AgentConfig = z.strictObject({
  /** Key, certificate, outbox and the last desired document live here. Back it up with the computer off, or not at all. */
  dataDir: z.string().min(1),
  /** What people call this device: `Kiosk sảnh chính`. Shown in the console when it asks to be enrolled. */
  name: z.string().trim().min(1).max(80),
  centre: z.strictObject({
    /** https://host:port of the centre's devices listener. */
    url: z.url({ protocol: /^https$/, error: 'an address like https://centre.example.vn:8443' }),
    /** PEM file of the centre's root certificate, put here when the computer is set up. */
    caFile: z.string().min(1),
  }),
  localLink: z.strictObject({
    /** Unix socket or `\\.\pipe\<name>`. At most 107 bytes: the size of sun_path. */
    path: z.string().min(1),
    /** Also the socket's group may connect (0660 instead of 0600): for a kiosk that runs as a user of its own. */
    groupAccess: z.boolean().default(false),
  }),
  /** Where the computer itself does not know (DMI): printed on its label. */
  model: z.string().trim().max(120).optional(),
  serial: z.string().trim().max(120).optional(),
  /** Ports that the system does not list, for the search for hardware: device servers like tcp://192.168.1.30:4001, pseudo-terminals. */
  scanPorts: z.array(z.string().min(1).max(200)).max(8).default([]),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
