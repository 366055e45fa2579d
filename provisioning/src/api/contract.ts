/**
 * The console's API, also for scripts: JSON over HTTP under /api, described at /api/openapi.json. Both the server and the console's pages use these
 * schemas. Errors are RFC 9457 problem documents with our `code`. A browser signs in with a cookie; a script sends `Authorization: Bearer <token>`.
 */
import { ComputerLoad, ComputerState, DisplayState, UsbDevice } from '@tramhoc/protocol/asset';
import { errorCodes } from '@tramhoc/protocol/errors';
import { ClockQuality, SiteTimeMethod } from '@tramhoc/protocol/event';
import { DeviceId, SiteId, SlotId } from '@tramhoc/protocol/ids';
import { ScanPort } from '@tramhoc/protocol/scan';
import { Quantity } from '@tramhoc/protocol/sensor';
import { DesiredState } from '@tramhoc/protocol/twin';
import { z } from 'zod';

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(errorCodes),
  /** One sentence in English that says what to do next. */
  detail: z.string(),
  /** Faults per field, for forms. */
  fields: z.record(z.string(), z.string()).optional(),
  retryAfterS: z.int().optional(),
});
export type Problem = z.infer<typeof Problem>;

const Ms = z.int();

// session
export const SignIn = z.strictObject({ userName: z.string().min(1).max(80), password: z.string().min(1).max(256) });
/** 12 characters at least, not in the list of common ones, not the user name. */
export const PasswordChange = z.strictObject({ oldPassword: z.string().max(256), newPassword: z.string().min(12).max(256) });
export const Me = z.object({ userName: z.string(), passwordChangeRequired: z.boolean(), language: z.enum(['vi', 'en']).optional() });
export type Me = z.infer<typeof Me>;

// tokens for scripts
export const NewToken = z.strictObject({ name: z.string().trim().min(1).max(80) });
export const ApiToken = z.object({ id: z.string(), name: z.string(), createdMs: Ms, lastUsedMs: Ms.nullable() });
/** The secret is shown once. */
export const ApiTokenCreated = ApiToken.extend({ secret: z.string() });

// sites
export const NewSite = z.strictObject({
  siteId: SiteId,
  name: z.string().trim().min(1).max(120),
  brokerHost: z.string().min(1).max(200),
  brokerPort: z.int().min(1).max(65_535),
});
export const Site = z.object({
  siteId: SiteId,
  name: z.string(),
  brokerHost: z.string(),
  brokerPort: z.int(),
  /** The broker has polled within the last minute. */
  online: z.boolean(),
  lastSeenMs: Ms.nullable(),
  deviceCount: z.int(),
  onlineCount: z.int(),
  cardCount: z.int(),
  tapsToday: z.int(),
});
export type Site = z.infer<typeof Site>;

// devices
export const Device = z.object({
  deviceId: DeviceId,
  siteId: SiteId,
  name: z.string(),
  role: z.enum(['agent', 'broker']),
  model: z.string(),
  serial: z.string(),
  agentVersion: z.string(),
  os: z.string(),
  fingerprint: z.string(),
  state: z.enum(['active', 'revoked']),
  enrolledMs: Ms,
  certificateNotAfterMs: Ms.nullable(),
  certificateSerial: z.string().nullable(),
  revokedMs: Ms.nullable(),
  revokedReason: z.string().nullable(),
  online: z.boolean(),
  onlineChangedMs: Ms.nullable(),
  lastEventMs: Ms.nullable(),
  clockQuality: ClockQuality.nullable(),
  /** converged: reported what is desired; pending: not yet; refused: some keys were refused; none: nothing desired yet. */
  twin: z.enum(['none', 'pending', 'converged', 'refused']),
  /** As it told last: hardware of its configuration that it has lost, and faults that its hardware reports. */
  lostSlotCount: z.int(),
  faultCount: z.int(),
});
export type Device = z.infer<typeof Device>;

export const DriverKind = z.object({
  kind: z.string(),
  title: z.object({ vi: z.string(), en: z.string() }),
  /** JSON Schema (draft 2020-12); each property also has `vi`, `en` ({title, help}) and maybe `unit`. */
  configSchema: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.looseObject({ can: z.string() })).optional(),
});
export const SlotStatus = z.object({
  slot: SlotId,
  driver: z.string(),
  state: z.enum(['opening', 'open', 'lost', 'closed']),
  sinceMs: Ms,
  code: z.string().nullable(),
  message: z.string().nullable(),
  skippedBytes: z.int(),
  reopenCount: z.int(),
  /** null: an agent before this was told. */
  timeoutCount: z.int().nullable(),
  lastFrameMs: Ms.nullable(),
});
/** What a device says is wrong with its hardware now. */
export const SlotFault = z.object({
  slot: SlotId,
  code: z.string(),
  level: z.enum(['warning', 'error']),
  detail: z.string().nullable(),
  sinceMs: Ms,
});
/** The last search for hardware. `lost`: asked, and nothing came back in time. */
export const DeviceScan = z.object({
  scanId: z.string(),
  state: z.enum(['asked', 'began', 'done', 'lost']),
  askedMs: Ms,
  toldMs: Ms.nullable(),
  ports: z.array(ScanPort),
  more: z.int(),
});
export type DeviceScan = z.infer<typeof DeviceScan>;
export const AskScan = z.strictObject({ modbus: z.boolean().default(false) });
/** `known`: it was there from the beginning or is allowed; `sinceMs`: when it was plugged in, where that was seen. */
export const ComputerView = z.object({
  slot: SlotId,
  atMs: Ms,
  state: ComputerState.omit({ usb: true }),
  load: z.object({ atMs: Ms, load: ComputerLoad }).nullable(),
  usb: z.array(UsbDevice.extend({ known: z.boolean(), sinceMs: Ms.nullable() })),
});
export type ComputerView = z.infer<typeof ComputerView>;
export const TwinView = z.object({
  desiredVersion: z.int(),
  desired: DesiredState,
  desiredMs: Ms.nullable(),
  reportedVersion: z.int().nullable(),
  reported: DesiredState.nullable(),
  reportedMs: Ms.nullable(),
  errors: z.array(z.object({ key: z.string(), code: z.string(), message: z.string() })),
});
export type TwinView = z.infer<typeof TwinView>;
export const DeviceDetail = Device.extend({
  twinView: TwinView,
  driverKinds: z.array(DriverKind),
  slots: z.array(SlotStatus),
  faults: z.array(SlotFault),
  scan: DeviceScan.nullable(),
  displays: z.array(z.object({ slot: SlotId, atMs: Ms, state: DisplayState })),
  computers: z.array(ComputerView),
});
export type DeviceDetail = z.infer<typeof DeviceDetail>;
/** `ifVersion`: the desiredVersion the form was filled from; another answers 409 TWIN_VERSION_CONFLICT. */
export const DesiredChange = z.strictObject({ ifVersion: z.int().min(0), desired: DesiredState });
export const Revoke = z.strictObject({ reason: z.string().trim().min(1).max(200) });

// enrolment
export const PendingEnrolment = z.object({
  enrolmentId: z.string(),
  name: z.string(),
  model: z.string(),
  serial: z.string(),
  agentVersion: z.string(),
  fingerprint: z.string(),
  address: z.string(),
  createdMs: Ms,
  expiresMs: Ms,
});
export type PendingEnrolment = z.infer<typeof PendingEnrolment>;
/** Looking a code up costs one of its tries when it is wrong for every waiting device. */
export const CodeLookup = z.strictObject({ code: z.string().max(40) });
export const Approve = z.strictObject({ siteId: SiteId, name: z.string().trim().min(1).max(80), fingerprint: z.string() });
export const Approved = z.object({ deviceId: DeviceId });

// events
export const StoredEvent = z.object({
  /** Position at the centre, for paging: ask for events before or after it. */
  position: z.int(),
  siteId: SiteId,
  deviceId: DeviceId,
  deviceName: z.string(),
  epoch: z.string(),
  seq: z.int(),
  id: z.string(),
  type: z.string(),
  /** The device's own wall clock, uncorrected. */
  deviceTime: z.string(),
  clockQuality: ClockQuality,
  /** Worked out by the site; null when it cannot be known. */
  siteTimeMs: Ms.nullable(),
  siteTimeMethod: SiteTimeMethod,
  siteTimeErrorMs: z.int().nullable(),
  receivedMs: Ms,
  data: z.record(z.string(), z.unknown()),
  /** For taps: who the card belongs to, by the site's roster now. */
  person: z.object({ personId: z.string(), name: z.string(), group: z.string() }).nullable(),
});
export type StoredEvent = z.infer<typeof StoredEvent>;
/** `before` pages backwards from the newest (default), `after` forwards. */
export const EventQuery = z.strictObject({
  site: SiteId.optional(),
  device: DeviceId.optional(),
  type: z.string().max(80).optional(),
  before: z.coerce.number().int().optional(),
  after: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const EventPage = z.object({ events: z.array(StoredEvent), more: z.boolean() });

// attendance: one row a person of the roster, and one for cards nobody is registered for
export const AttendanceQuery = z.strictObject({ site: SiteId, date: z.iso.date().optional() });
export const AttendanceRow = z.object({
  personId: z.string(),
  name: z.string(),
  group: z.string(),
  /** First and last tap of the day; null while absent. Times the site could not work out are null with tapCount > 0 ("không rõ giờ"). */
  firstMs: Ms.nullable(),
  lastMs: Ms.nullable(),
  tapCount: z.int(),
  /** An attendance terminal's clock cannot be right: of its punches these are day and time at which the site was told. */
  timeDoubtful: z.boolean(),
});
export const AttendanceDay = z.object({
  siteId: SiteId,
  date: z.string(),
  rows: z.array(AttendanceRow),
  presentCount: z.int(),
  absentCount: z.int(),
  /** Taps of cards without a person: when and where, the last 50. */
  unknownCards: z.array(z.object({ atMs: Ms.nullable(), deviceId: DeviceId, slot: z.string(), cardHashPrefix: z.string() })),
});
export type AttendanceDay = z.infer<typeof AttendanceDay>;

// air
export const AirQuery = z.strictObject({ site: SiteId, hours: z.coerce.number().int().min(1).max(168).default(24) });
export const AirSeries = z.object({
  deviceId: DeviceId,
  deviceName: z.string(),
  slot: z.string(),
  quantity: Quantity,
  unit: z.string(),
  /** Time and value, oldest first; at most 2,000 points, thinned by averaging. */
  points: z.array(z.tuple([Ms, z.number()])),
});
export const Air = z.object({ series: z.array(AirSeries) });

// feedback
export const FeedbackItem = z.object({
  trackingCode: z.string(),
  siteId: SiteId,
  siteName: z.string(),
  deviceName: z.string(),
  category: z.string(),
  text: z.string(),
  phone: z.string().nullable(),
  language: z.enum(['vi', 'en']),
  receivedMs: Ms,
});

// cards
/** Body: text/csv with a header line; columns card, person, name, group (Vietnamese names so_the, ma, ho_ten, lop work as well). */
export const CardImportResult = z.object({
  imported: z.int(),
  version: z.int(),
  /** Lines that were not taken, with the reason: the first 200. Nothing is imported while there are any. */
  faults: z.array(z.object({ line: z.int(), reason: z.string() })),
  faultCount: z.int(),
});
export type CardImportResult = z.infer<typeof CardImportResult>;

// audit
export const AuditEntry = z.object({
  position: z.int(),
  atMs: Ms,
  /** A user name, `token:<id>`, `device:<id>` or `local` (the admin socket). */
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  details: z.record(z.string(), z.unknown()),
  address: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** GET /api/live: server-sent events; `event:` is the kind, `data:` the JSON. After a gap the page asks the lists again. */
export const LiveMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: StoredEvent }),
  z.object({ kind: z.literal('device'), device: Device }),
  z.object({ kind: z.literal('site'), site: Site }),
  z.object({ kind: z.literal('enrolments'), pending: z.int() }),
  /** Every 10 s: the centre is still there. */
  z.object({ kind: z.literal('beat') }),
]);
export type LiveMessage = z.infer<typeof LiveMessage>;

/** method, path, what goes in, what comes out. Paths in Fastify's notation. */
/** `store`: whether facts are taken; else why not (docs/errors.md). */
export const Health = z.object({ ok: z.literal(true), version: z.string(), store: z.enum(['ok', 'DISK_FULL', 'STORE_FULL']) });

export const routes = {
  health: { method: 'GET', path: '/api/health', answer: Health, open: true },
  signIn: { method: 'POST', path: '/api/session', body: SignIn, answer: Me, open: true },
  me: { method: 'GET', path: '/api/session', answer: Me },
  signOut: { method: 'DELETE', path: '/api/session', answer: z.object({}) },
  changePassword: { method: 'POST', path: '/api/session/password', body: PasswordChange, answer: Me },
  listTokens: { method: 'GET', path: '/api/tokens', answer: z.object({ tokens: z.array(ApiToken) }) },
  createToken: { method: 'POST', path: '/api/tokens', body: NewToken, answer: ApiTokenCreated },
  deleteToken: { method: 'DELETE', path: '/api/tokens/:tokenId', answer: z.object({}) },
  listSites: { method: 'GET', path: '/api/sites', answer: z.object({ sites: z.array(Site) }) },
  createSite: {
    method: 'POST',
    path: '/api/sites',
    body: NewSite,
    answer: z.object({ site: Site, claimUser: z.string(), claimToken: z.string() }),
  },
  /** A new claim for a site's broker whose machine was replaced; its old certificate ends when the claim is used. */
  renewSiteClaim: {
    method: 'POST',
    path: '/api/sites/:siteId/claim',
    answer: z.object({ claimUser: z.string(), claimToken: z.string() }),
  },
  listDevices: {
    method: 'GET',
    path: '/api/devices',
    query: z.strictObject({ site: SiteId.optional() }),
    answer: z.object({ devices: z.array(Device) }),
  },
  /** What the drivers are called whose kinds stand in events. */
  listDrivers: {
    method: 'GET',
    path: '/api/drivers',
    answer: z.object({ drivers: z.array(DriverKind.pick({ kind: true, title: true })) }),
  },
  getDevice: { method: 'GET', path: '/api/devices/:deviceId', answer: DeviceDetail },
  setDesired: { method: 'PUT', path: '/api/devices/:deviceId/desired', body: DesiredChange, answer: TwinView },
  askScan: { method: 'POST', path: '/api/devices/:deviceId/scan', body: AskScan, answer: DeviceScan },
  revokeDevice: { method: 'POST', path: '/api/devices/:deviceId/revoke', body: Revoke, answer: Device },
  listEnrolments: { method: 'GET', path: '/api/enrolments', answer: z.object({ pending: z.array(PendingEnrolment) }) },
  lookupEnrolment: { method: 'POST', path: '/api/enrolments/lookup', body: CodeLookup, answer: PendingEnrolment },
  approveEnrolment: { method: 'POST', path: '/api/enrolments/:enrolmentId/approve', body: Approve, answer: Approved },
  denyEnrolment: { method: 'POST', path: '/api/enrolments/:enrolmentId/deny', answer: z.object({}) },
  listEvents: { method: 'GET', path: '/api/events', query: EventQuery, answer: EventPage },
  attendance: { method: 'GET', path: '/api/attendance', query: AttendanceQuery, answer: AttendanceDay },
  air: { method: 'GET', path: '/api/air', query: AirQuery, answer: Air },
  listFeedback: {
    method: 'GET',
    path: '/api/feedback',
    query: z.strictObject({ site: SiteId.optional() }),
    answer: z.object({ items: z.array(FeedbackItem) }),
  },
  listAudit: {
    method: 'GET',
    path: '/api/audit',
    query: z.strictObject({ before: z.coerce.number().int().optional(), limit: z.coerce.number().int().min(1).max(500).default(100) }),
    answer: z.object({ entries: z.array(AuditEntry) }),
  },
  importCards: { method: 'POST', path: '/api/sites/:siteId/cards', csv: true, answer: CardImportResult },
} as const satisfies Record<
  string,
  {
    method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    path: string;
    body?: z.ZodType;
    query?: z.ZodType;
    answer: z.ZodType;
    open?: true;
    csv?: true;
  }
>;
