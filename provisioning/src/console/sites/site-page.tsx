/** One site: where it is, its devices, its list of cards. */
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';
import type { Device, Site } from '../../api/contract.ts';
import { useDevices } from '../devices/device-list.ts';
import { DeviceState, LastEvent, TwinCell } from '../devices/device-state.tsx';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateTimeText } from '../language/time-text.ts';
import { linkTo } from '../routing/navigation.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { EmptyState, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { Figure } from '../ui/pill.tsx';
import { CardImport } from './card-import.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { RenewClaim } from './renew-claim.tsx';
import { useSites } from './site-list.ts';
import { SiteState } from './site-state.tsx';

export function SitePage({ siteId }: { siteId: string }): ReactNode {
  const { page: text } = useText({ vi, en });
  const [asked, reload] = useSites();
  return (
    <WhenReady asked={asked} onRetry={reload}>
      {(sites) => {
        const site = sites.find((one) => one.siteId === siteId);
        return site === undefined ? (
          <>
            <PageHead title={text.notFound} crumbs={[{ label: text.sites, href: linkTo({ page: 'sites' }) }]} />
            <EmptyState icon="site" title={text.notFound} action={<ButtonLink href={linkTo({ page: 'sites' })}>{text.back}</ButtonLink>}>
              <p>{text.notFoundText}</p>
            </EmptyState>
          </>
        ) : (
          <OneSite site={site} onImported={reload} />
        );
      }}
    </WhenReady>
  );
}

function OneSite({ site, onImported }: { site: Site; onImported(): void }): ReactNode {
  const all = useText({ vi, en });
  const text = all.page;
  const language = useLanguage();
  const number = (value: number): string => numberText(value, language);
  return (
    <>
      <PageHead title={site.name} crumbs={[{ label: text.sites, href: linkTo({ page: 'sites' }) }]} beside={<SiteState site={site} />}>
        <ButtonLink icon="attendance" href={linkTo({ page: 'attendance' }, { site: site.siteId })}>
          {text.toAttendance}
        </ButtonLink>
        <ButtonLink icon="air" href={linkTo({ page: 'air' }, { site: site.siteId })}>
          {text.toAir}
        </ButtonLink>
        <ButtonLink icon="event" href={linkTo({ page: 'events' }, { site: site.siteId })}>
          {text.toEvents}
        </ButtonLink>
      </PageHead>
      <dl className="figures">
        <Figure label={all.columns.devices} value={number(site.onlineCount)} note={all.totals.of(number(site.deviceCount))} />
        <Figure label={all.columns.cards} value={number(site.cardCount)} />
        <Figure label={all.columns.taps} value={number(site.tapsToday)} />
      </dl>
      <div className="columns main-side">
        <div className="stack">
          <SiteDevices siteId={site.siteId} />
          <Panel title={text.cards}>
            <CardImport site={site} onImported={onImported} />
          </Panel>
        </div>
        <Panel title={text.identity}>
          <dl className="facts">
            <dt>{text.siteId}</dt>
            <dd className="mono">{site.siteId}</dd>
            <dt>{text.broker}</dt>
            <dd className="mono">
              {site.brokerHost}:{site.brokerPort}
            </dd>
            <dt>{text.lastSeen}</dt>
            <dd>{site.lastSeenMs === null ? '–' : dateTimeText(site.lastSeenMs)}</dd>
          </dl>
          <RenewClaim site={site} />
        </Panel>
      </div>
    </>
  );
}

function SiteDevices({ siteId }: { siteId: string }): ReactNode {
  const { page: text } = useText({ vi, en });
  const [asked, reload] = useDevices(siteId);
  const columns: Column<Device>[] = [
    {
      id: 'name',
      head: text.deviceColumns.name,
      rowHead: true,
      cell: (device) => <Link href={linkTo({ page: 'device', deviceId: device.deviceId })}>{device.name}</Link>,
    },
    { id: 'state', head: text.deviceColumns.state, cell: (device) => <DeviceState device={device} /> },
    {
      id: 'twin',
      head: text.deviceColumns.twin,
      cell: (device) => <TwinCell device={device} />,
    },
    { id: 'last', head: text.deviceColumns.last, cell: (device) => <LastEvent device={device} /> },
  ];
  return (
    <Panel title={text.devices} flush>
      <WhenReady asked={asked} onRetry={reload} rows={3}>
        {(devices) =>
          devices.length === 0 ? (
            <EmptyState
              icon="device"
              title={text.noDevices}
              action={
                <ButtonLink icon="enrol" href={linkTo({ page: 'enrolment' })}>
                  {text.enrol}
                </ButtonLink>
              }
            >
              <p>{text.noDevicesText}</p>
            </EmptyState>
          ) : (
            <DataTable caption={text.devices} columns={columns} rows={devices} keyOf={(device) => device.deviceId} />
          )
        }
      </WhenReady>
    </Panel>
  );
}
