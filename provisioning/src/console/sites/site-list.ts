/** The list of sites, kept up to date by the live stream. */
import type { Site } from '../../api/contract.ts';
import { type Asked, useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { useApi } from '../page-context.tsx';

export function useSites(): [Asked<Site[]>, () => void] {
  const api = useApi();
  const [asked, { reload, change }] = useAsked('sites', async (signal) => (await api.ask('listSites', { signal })).sites);
  useLive((message) => {
    if (message.kind === 'site') change((sites) => withSite(sites, message.site));
  }, reload);
  return [asked, reload];
}

/** The newest state of one site in its place; a new site goes to the end. */
export function withSite(sites: Site[], site: Site): Site[] {
  const known = sites.some(({ siteId }) => siteId === site.siteId);
  return known ? sites.map((old) => (old.siteId === site.siteId ? site : old)) : [...sites, site];
}

/** A suggestion for the id: `THPT Nguyễn Thượng Hiền` gives `thpt-nguyen-thuong-hien`. */
export function siteIdFrom(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
}
