/** The page a technician opens on the site's broker. Plain HTML without a script, from values to text. Pure. */
import { createHash } from 'node:crypto';
import type { BallastState } from '@tramhoc/base/ballast';
import type { GatewayView } from '../gateways/gateway-door.ts';
import type { PresenceRow } from '../ingest/presence.ts';
import type { QuarantineSummary } from '../ingest/quarantine.ts';
import { gatewaySections } from './gateway-section.ts';
import { en } from './messages.en.ts';
import { type StatusWords, vi } from './messages.vi.ts';
import { table, tag, text } from './page-parts.ts';

export type StatusView = {
  siteId: string;
  deviceId: string;
  version: string;
  startedMs: number;
  nowMs: number;
  upstream: {
    connected: boolean;
    code: string | undefined;
    waitingEvents: number;
    waitingSeconds: number;
    lastReceiptMs: number | undefined;
  };
  downlink: { connected: boolean; code: string | undefined; lastAnswerMs: number | undefined };
  store: { usedBytes: number; maxBytes: number; fault: string | undefined; reserve: BallastState };
  devices: PresenceRow[];
  /** Undefined: there is no door for them. */
  gateways: GatewayView[] | undefined;
  cards: number;
  revoked: number;
  gaps: number;
  quarantine: { count: number; latest: QuarantineSummary[] };
};

export type StatusLanguage = 'vi' | 'en';
const words: Record<StatusLanguage, StatusWords> = { vi, en };
const refreshS = 10;

const style = `
:root{color-scheme:light dark;--ink:#13221c;--soft:#53645c;--line:#d5dfd9;--page:#f2f6f3;--card:#fff;--good:#0a6b44;--goodbg:#dcf3e6;--bad:#9c2b16;--badbg:#fde7e1;--accent:#0b5c8a}
@media (prefers-color-scheme:dark){:root{--ink:#e6efe9;--soft:#a3b5ab;--line:#2c3a33;--page:#101714;--card:#18211d;--good:#7fe0ae;--goodbg:#12382a;--bad:#ffb4a2;--badbg:#4a1c12;--accent:#86c8f0}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 3rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:baseline;justify-content:space-between;margin-bottom:1.25rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:0 0 .75rem}
a{color:var(--accent)}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));margin-bottom:1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.15rem}
section.wide{margin-bottom:1rem;overflow-x:auto}
dl{margin:0;display:grid;gap:.3rem}
dl div{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem}
dt{color:var(--soft)}dd{margin:0 0 0 auto;text-align:right;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th{text-align:left;color:var(--soft);font-weight:600}th,td{padding:.4rem .75rem .4rem 0;border-top:1px solid var(--line);vertical-align:top}
tr:first-child th{border-top:0}
.tag{display:inline-block;border-radius:1rem;padding:.05rem .7rem;font-size:.9rem;font-weight:600}
.good{background:var(--goodbg);color:var(--good)}.bad{background:var(--badbg);color:var(--bad)}
.note{color:var(--soft);margin:.6rem 0 0;font-size:.92rem}
code{font:.88rem ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}td code{white-space:nowrap}
@media(max-width:40rem){tr:has(th){display:none}table,tbody,tr,td{display:block}tr{padding:.5rem 0;border-top:1px solid var(--line)}tr:nth-child(2){border-top:0}td{padding:.1rem 0;border:0}
td::before{content:attr(data-head)": ";color:var(--soft)}td code{white-space:normal}}
footer{color:var(--soft);font-size:.9rem}
`;

/** Allows the style above and nothing else: no script, no request to anywhere. */
export const statusPagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function statusPage(view: StatusView, language: StatusLanguage): string {
  const say = words[language];
  const at = timeIn(language);
  const onlineCount = view.devices.filter(({ online }) => online).length;
  const other = language === 'vi' ? 'en' : 'vi';
  return `<!doctype html>
<html lang="${say.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="${refreshS}"><title>${text(view.siteId)} · ${say.title}</title><style>${style}</style></head>
<body><main>
<header><h1>${text(view.siteId)}</h1><span>${say.title}</span><a href="?lang=${other}" lang="${other}" hreflang="${other}">${say.other}</a></header>
<div class="grid">
${centreCard(view, say, at, language)}
${storeCard(view, say, language)}
<section><h2>${say.site}</h2>${list([
    [say.version, text(view.version)],
    [say.runningSince, at(view.startedMs)],
    [say.cards, number(view.cards, language)],
    [say.revoked, number(view.revoked, language)],
  ])}</section>
</div>
<section class="wide"><h2>${say.devices} (${onlineCount}/${view.devices.length} ${say.online.toLowerCase()})</h2>${devices(view, say, at)}</section>
${gatewaySections(view.gateways ?? [], { language, say, at })}
<section class="wide"><h2>${say.quarantine} (${number(view.quarantine.count, language)})</h2>${quarantine(view, say, at)}</section>
<footer>${say.refreshed} ${at(view.nowMs)} · ${say.broker} <code>${text(view.deviceId)}</code></footer>
</main></body></html>
`;
}

export type At = (ms: number | undefined) => string;

function centreCard({ upstream, downlink }: StatusView, say: StatusWords, at: At, language: StatusLanguage): string {
  const reached = upstream.connected || downlink.connected;
  const code = upstream.code ?? downlink.code;
  return `<section><h2>${say.centre} ${tag(reached, reached ? say.reached : say.unreached)}</h2>${list([
    [say.waiting, number(upstream.waitingEvents, language)],
    [say.oldest, duration(upstream.waitingSeconds)],
    [say.lastReceipt, upstream.lastReceiptMs === undefined ? say.never : at(upstream.lastReceiptMs)],
    [say.wishes, downlink.connected ? say.reached : say.unreached],
    [say.lastPoll, downlink.lastAnswerMs === undefined ? say.never : at(downlink.lastAnswerMs)],
  ])}${reached ? '' : `<p class="note">${say.unreachedNote}${code === undefined ? '' : ` <code>${text(code)}</code>`}</p>`}</section>`;
}

function storeCard({ store, gaps }: StatusView, say: StatusWords, language: StatusLanguage): string {
  const ok = store.fault === undefined;
  const full = store.reserve === 'given-up';
  const used = `${size(store.usedBytes, language)} ${say.of} ${size(store.maxBytes, language)}`;
  const reserve = { held: say.reserveHeld, none: say.reserveNone, 'given-up': tag(false, 'DISK_FULL') }[store.reserve];
  return `<section><h2>${say.store} ${tag(ok, ok ? say.storeOk : say.storeFault)}</h2>${list([
    [say.size, used],
    [say.reserve, reserve],
    [say.gaps, gaps === 0 ? say.none : number(gaps, language)],
  ])}${full ? `<p class="note">${say.diskFull}</p>` : ''}${ok ? '' : `<p class="note"><code>${text(store.fault ?? '')}</code></p>`}</section>`;
}

function devices(view: StatusView, say: StatusWords, at: At): string {
  if (view.devices.length === 0) return `<p class="note">${say.noDevices}</p>`;
  const rows = view.devices.map(({ device, online, reason, sinceMs, agentVersion }) => [
    `<code>${text(device)}</code>`,
    `${tag(online, online ? say.online : say.offline)} ${say.reasons[reason]}`,
    at(sinceMs),
    text(agentVersion ?? ''),
  ]);
  return table([say.device, say.state, say.since, say.agent], rows);
}

function quarantine(view: StatusView, say: StatusWords, at: At): string {
  if (view.quarantine.latest.length === 0) return `<p class="note">${say.quarantineNone}</p>`;
  const rows = view.quarantine.latest.map((entry) => [
    at(entry.atMs),
    `<code>${text(entry.device)}</code>`,
    `<code>${text(entry.code)}</code> ${text(entry.reason)} (${entry.payloadBytes} ${say.bytes})`,
    String(entry.times),
  ]);
  return table([say.when, say.device, say.reason, say.times], rows);
}

const list = (rows: [string, string][]): string =>
  `<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
const locale: Record<StatusLanguage, string> = { vi: 'vi-VN', en: 'en-GB' };
const number = (value: number, language: StatusLanguage): string => new Intl.NumberFormat(locale[language]).format(value);
const size = (bytes: number, language: StatusLanguage): string =>
  bytes < 1024 ** 3 ? `${rounded(bytes / 1024 ** 2, language)} MiB` : `${rounded(bytes / 1024 ** 3, language)} GiB`;
const rounded = (value: number, language: StatusLanguage): string =>
  new Intl.NumberFormat(locale[language], { maximumFractionDigits: 1 }).format(value);

/** Times of the city, whatever the computer is set to. */
function timeIn(language: StatusLanguage): At {
  const format = new Intl.DateTimeFormat(locale[language], {
    ...{ day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    timeZone: 'Asia/Ho_Chi_Minh',
  });
  return (ms) => (ms === undefined ? '' : `<time datetime="${new Date(ms).toISOString()}">${format.format(ms)}</time>`);
}

/** 90061 s: `1 d 1 h`. Two units say enough. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ];
  const from = parts.findIndex(([count]) => count > 0);
  return from === -1
    ? '0 s'
    : parts
        .slice(from, from + 2)
        .map(([count, unit]) => `${count} ${unit}`)
        .join(' ');
}
