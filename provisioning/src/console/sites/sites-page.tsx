/** Every site with what matters today: is it there, are its devices there, are pupils tapping. */
import { type ReactNode, useState } from 'react';
import { Link } from 'react-aria-components';
import type { Site } from '../../api/contract.ts';
import { finds } from '../language/fold-text.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { Button } from '../ui/button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Search } from '../ui/field.tsx';
import { LiveNumber } from '../ui/live-number.tsx';
import { EmptyState, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { Figure } from '../ui/pill.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { NewSiteDialog } from './new-site-dialog.tsx';
import { useSites } from './site-list.ts';
import { SiteState } from './site-state.tsx';

export function SitesPage(): ReactNode {
  const text = useText({ vi, en });
  const [asked, reload] = useSites();
  const [creating, setCreating] = useState(false);
  const create = (
    <Button look="primary" icon="plus" onPress={() => setCreating(true)}>
      {text.create}
    </Button>
  );
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle}>
        {create}
      </PageHead>
      <WhenReady asked={asked} onRetry={reload}>
        {(sites) =>
          sites.length === 0 ? (
            <EmptyState icon="site" title={text.emptyTitle} action={create}>
              <p>{text.emptyText}</p>
            </EmptyState>
          ) : (
            <SiteTable sites={sites} />
          )
        }
      </WhenReady>
      <NewSiteDialog open={creating} onClose={() => setCreating(false)} onCreated={reload} />
    </>
  );
}

function SiteTable({ sites }: { sites: Site[] }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const { address, refine } = useNavigation();
  const query = address.search['q'] ?? '';
  const number = (value: number): string => numberText(value, language);
  const found = sites.filter((site) => finds(query, site.name, site.siteId)).sort((a, b) => a.name.localeCompare(b.name, 'vi'));
  const sum = (pick: (site: Site) => number): number => sites.reduce((total, site) => total + pick(site), 0);
  const columns: Column<Site>[] = [
    {
      id: 'site',
      head: text.columns.site,
      rowHead: true,
      cell: (site) => (
        <span className="name-cell">
          <Link href={linkTo({ page: 'site', siteId: site.siteId })}>{site.name}</Link>
          <span className="sub mono">{site.siteId}</span>
        </span>
      ),
    },
    { id: 'state', head: text.columns.state, cell: (site) => <SiteState site={site} /> },
    {
      id: 'devices',
      head: text.columns.devices,
      number: true,
      cell: (site) =>
        site.deviceCount === 0 ? (
          <span className="muted">{text.noDevices}</span>
        ) : (
          `${number(site.onlineCount)} / ${number(site.deviceCount)}`
        ),
    },
    {
      id: 'cards',
      head: text.columns.cards,
      number: true,
      cell: (site) => (site.cardCount === 0 ? <span className="muted">{text.noCards}</span> : number(site.cardCount)),
    },
    {
      id: 'taps',
      head: text.columns.taps,
      number: true,
      cell: (site) => <LiveNumber value={site.tapsToday} />,
    },
    {
      id: 'attendance',
      head: text.columns.attendance,
      end: true,
      cell: (site) => (
        <Link href={linkTo({ page: 'attendance' }, { site: site.siteId })} aria-label={`${text.attendance}: ${site.name}`}>
          {text.attendance}
        </Link>
      ),
    },
  ];
  return (
    <>
      <dl className="figures">
        <Figure
          label={text.totals.sites}
          value={number(sites.filter(({ online }) => online).length)}
          note={text.totals.of(number(sites.length))}
        />
        <Figure
          label={text.totals.devices}
          value={number(sum((site) => site.onlineCount))}
          note={text.totals.of(number(sum((site) => site.deviceCount)))}
        />
        <Figure label={text.totals.taps} value={number(sum((site) => site.tapsToday))} />
      </dl>
      <Panel flush>
        {(sites.length > 6 || query !== '') && (
          <div className="toolbar">
            <Search label={text.search} value={query} onChange={(q) => refine({ q })} />
          </div>
        )}
        {found.length === 0 ? (
          <EmptyState icon="search" title={text.noneFound}>
            <p>{text.noneFoundText}</p>
          </EmptyState>
        ) : (
          <DataTable caption={text.title} columns={columns} rows={found} keyOf={(site) => site.siteId} />
        )}
      </Panel>
    </>
  );
}
