/** Every device, live, with filters that the address keeps. */
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';
import type { Device, Site } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { useNow } from '../page-context.tsx';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { useSites } from '../sites/site-list.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Choice, Search } from '../ui/field.tsx';
import { EmptyState, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { filterDevices, type StateFilter, stateFilters, useDevices } from './device-list.ts';
import { ClockText, DeviceState, HardwarePills, LastEvent, TwinCell } from './device-state.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function DevicesPage(): ReactNode {
  const text = useText({ vi, en });
  const [asked, reload] = useDevices();
  const enrol = (
    <ButtonLink href={linkTo({ page: 'enrolment' })} icon="enrol" look="primary">
      {text.enrol}
    </ButtonLink>
  );
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle}>
        {enrol}
      </PageHead>
      <WhenReady asked={asked} onRetry={reload}>
        {(devices) =>
          devices.length === 0 ? (
            <EmptyState icon="device" title={text.emptyTitle} action={enrol}>
              <p>{text.emptyText}</p>
            </EmptyState>
          ) : (
            <DeviceTable devices={devices} />
          )
        }
      </WhenReady>
    </>
  );
}

const noSites: Site[] = [];

function DeviceTable({ devices }: { devices: Device[] }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const nowMs = useNow(30_000);
  const { address, refine } = useNavigation();
  const [sites] = useSites();
  const names = new Map((sites.state === 'ready' ? sites.value : noSites).map((site): [string, string] => [site.siteId, site.name]));
  const query = address.search['q'] ?? '';
  const siteId = address.search['site'] ?? '';
  const state: StateFilter = stateFilters.find((one) => one === address.search['state']) ?? 'all';
  const found = filterDevices(devices, { query, siteId, state, nowMs });
  const columns: Column<Device>[] = [
    {
      id: 'name',
      head: text.columns.name,
      rowHead: true,
      cell: (device) => (
        <span className="name-cell">
          <Link href={linkTo({ page: 'device', deviceId: device.deviceId })}>{device.name}</Link>
          <span className="sub">{[device.model, device.role === 'broker' ? text.roles.broker : ''].filter(Boolean).join(' · ')}</span>
        </span>
      ),
    },
    {
      id: 'site',
      head: text.columns.site,
      cell: (device) => <Link href={linkTo({ page: 'site', siteId: device.siteId })}>{names.get(device.siteId) ?? device.siteId}</Link>,
    },
    {
      id: 'state',
      head: text.columns.state,
      cell: (device) => (
        <span className="state">
          <DeviceState device={device} />
          <HardwarePills device={device} />
        </span>
      ),
    },
    {
      id: 'twin',
      head: text.columns.twin,
      cell: (device) => <TwinCell device={device} />,
    },
    { id: 'clock', head: text.columns.clock, tight: true, minor: true, cell: (device) => <ClockText quality={device.clockQuality} /> },
    { id: 'last', head: text.columns.last, cell: (device) => <LastEvent device={device} /> },
  ];
  return (
    <Panel flush>
      <div className="toolbar">
        <Search label={text.search} value={query} onChange={(q) => refine({ q })} />
        <Choice
          label={text.siteFilter}
          hideLabel
          value={siteId === '' ? 'all' : siteId}
          options={[{ id: 'all', label: text.allSites }, ...[...names].map(([id, label]) => ({ id, label }))]}
          onChange={(site) => refine({ site: site === 'all' ? '' : site })}
        />
        <Choice
          label={text.stateFilter}
          hideLabel
          value={state}
          options={stateFilters.map((id) => ({ id, label: text.states[id] }))}
          onChange={(next) => refine({ state: next === 'all' ? '' : next })}
        />
        <span className="toolbar-count" role="status">
          {text.shown(numberText(found.length, language), numberText(devices.length, language))}
        </span>
      </div>
      {found.length === 0 ? (
        <EmptyState
          icon="search"
          title={text.noneTitle}
          action={<Button onPress={() => refine({ q: '', site: '', state: '' })}>{text.clear}</Button>}
        >
          <p>{text.noneText}</p>
        </EmptyState>
      ) : (
        <DataTable
          caption={text.title}
          columns={columns}
          rows={found}
          keyOf={(device) => device.deviceId}
          rowClass={(device) => (device.state === 'revoked' ? 'dim' : undefined)}
        />
      )}
    </Panel>
  );
}
