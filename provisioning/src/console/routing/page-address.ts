/** Which page an address names, and back. Pure: the browser's history is in navigation.tsx. */
export type Page =
  | { page: 'sites' }
  | { page: 'site'; siteId: string }
  | { page: 'devices' }
  | { page: 'device'; deviceId: string }
  | { page: 'enrolment' }
  | { page: 'attendance' }
  | { page: 'air' }
  | { page: 'events' }
  | { page: 'feedback' }
  | { page: 'tokens' }
  | { page: 'unknown' };
export type PageName = Page['page'];

/** Filters and tabs in the address, so that a link shows what the sender saw. */
export type Search = Readonly<Record<string, string>>;
export type Address = { page: Page; search: Search };

const lists = new Set<PageName>(['sites', 'devices', 'enrolment', 'attendance', 'air', 'events', 'feedback', 'tokens']);

/** `/devices/…?tab=config` and the like. The device's screen links to `/enrol?code=…`; a bare address with a code means the same. */
export function readAddress(url: { pathname: string; search: string }): Address {
  const search: Record<string, string> = Object.fromEntries(new URLSearchParams(url.search));
  const [first = '', second, ...rest] = url.pathname.split('/').filter(Boolean).map(decode);
  return { page: rest.length > 0 ? { page: 'unknown' } : pageOf(first, second, search), search };
}

function pageOf(first: string, second: string | undefined, search: Search): Page {
  if (first === '' && second === undefined) return { page: search['code'] === undefined ? 'sites' : 'enrolment' };
  if (second === undefined && (first === 'enrol' || first === 'enroll')) return { page: 'enrolment' };
  if (second === undefined && lists.has(first as PageName)) return { page: first } as Page;
  if (second !== undefined && first === 'sites') return { page: 'site', siteId: second };
  if (second !== undefined && first === 'devices') return { page: 'device', deviceId: second };
  return { page: 'unknown' };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Empty values are left out, so that an unused filter does not show in the address. */
export function writeAddress(page: Page, search: Readonly<Record<string, string | undefined>> = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) if (value !== undefined && value !== '') query.set(key, value);
  const text = query.toString();
  return `${pathOf(page)}${text === '' ? '' : `?${text}`}`;
}

function pathOf(page: Page): string {
  switch (page.page) {
    case 'site':
      return `/sites/${encodeURIComponent(page.siteId)}`;
    case 'device':
      return `/devices/${encodeURIComponent(page.deviceId)}`;
    case 'unknown':
      return '/sites';
    case 'sites':
    case 'devices':
    case 'enrolment':
    case 'attendance':
    case 'air':
    case 'events':
    case 'feedback':
    case 'tokens':
      return `/${page.page}`;
    default:
      return page satisfies never;
  }
}
