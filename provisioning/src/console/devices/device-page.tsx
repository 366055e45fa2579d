/** One device: who it is, whether it is there, what runs on it, what it should run, what it tells. */
import { type ReactNode, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { Device, DeviceDetail } from '../../api/contract.ts';
import { useAsked } from '../api/asked.ts';
import { codeOf } from '../api/fault-text.ts';
import { useLive } from '../api/live.tsx';
import { useText } from '../language/language.tsx';
import { dateTimeText } from '../language/time-text.ts';
import { useApi, useThrottled } from '../page-context.tsx';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { useSites } from '../sites/site-list.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { EmptyState, Notice, WhenReady } from '../ui/notice.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ConfigEditor } from './config-editor.tsx';
import { DeviceEvents } from './device-events.tsx';
import { DeviceFacts } from './device-facts.tsx';
import { DeviceOverview } from './device-overview.tsx';
import { DeviceState, TwinPill } from './device-state.tsx';
import { LeaveQuestion } from './leave-question.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { RevokeDialog } from './revoke-dialog.tsx';
import { TwinTable } from './twin-table.tsx';
import { useConfigDraft } from './use-config-draft.ts';

/** Events of these types change what the page shows beside its event list. */
const telling = new Set([
  'vn.tramhoc.twin.reported.v1',
  'vn.tramhoc.device.slot.v1',
  'vn.tramhoc.device.hello.v1',
  'vn.tramhoc.device.driver.v1',
  'vn.tramhoc.device.scan.v1',
  'vn.tramhoc.asset.fault.v1',
  'vn.tramhoc.asset.display.v1',
]);
const reloadGapMs = 700;

export function DevicePage({ deviceId }: { deviceId: string }): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const ask = (signal?: AbortSignal): Promise<DeviceDetail> => api.ask('getDevice', { params: { deviceId }, ...(signal && { signal }) });
  const [asked, { reload, change }] = useAsked(`device ${deviceId}`, ask);
  const reloadSoon = useThrottled(reload, reloadGapMs);
  useLive((message) => {
    if (message.kind === 'device' && message.device.deviceId === deviceId) {
      if (asked.state === 'ready' && asked.value.twin !== message.device.twin) reloadSoon();
      change((old) => ({ ...old, ...message.device }));
    }
    if (message.kind === 'event' && message.event.deviceId === deviceId && telling.has(message.event.type)) reloadSoon();
  }, reload);
  const fresh = async (): Promise<DeviceDetail | undefined> => {
    const detail = await ask().catch(() => undefined);
    if (detail !== undefined) change(() => detail);
    return detail;
  };
  if (asked.state === 'failed' && (codeOf(asked.fault) === 'NOT_FOUND' || codeOf(asked.fault) === 'INPUT_INVALID'))
    return (
      <>
        <PageHead title={text.notFound} crumbs={[{ label: text.title, href: linkTo({ page: 'devices' }) }]} />
        <EmptyState icon="device" title={text.notFound} action={<ButtonLink href={linkTo({ page: 'devices' })}>{text.back}</ButtonLink>}>
          <p>{text.notFoundText}</p>
        </EmptyState>
      </>
    );
  return (
    <WhenReady asked={asked} onRetry={reload}>
      {(device) => (
        <OneDevice
          device={device}
          fresh={fresh}
          onApplied={(twinView) =>
            change((old) => ({ ...old, twinView, twin: old.twin === 'none' || old.twin === 'converged' ? 'pending' : old.twin }))
          }
          onChanged={(next) => change((old) => ({ ...old, ...next }))}
        />
      )}
    </WhenReady>
  );
}

function OneDevice({
  device,
  fresh,
  onApplied,
  onChanged,
}: {
  device: DeviceDetail;
  fresh(): Promise<DeviceDetail | undefined>;
  onApplied(view: DeviceDetail['twinView']): void;
  onChanged(device: Device): void;
}): ReactNode {
  const text = useText({ vi, en });
  const { address, refine } = useNavigation();
  const [sites] = useSites();
  const [revoking, setRevoking] = useState(false);
  const config = useConfigDraft(device);
  const siteName =
    (sites.state === 'ready' ? sites.value.find(({ siteId }) => siteId === device.siteId)?.name : undefined) ?? device.siteId;
  const asked = address.search['tab'] ?? 'overview';
  const active = device.state === 'active';
  const hasDrivers = device.role === 'agent';
  const tab = asked === 'config' && !hasDrivers ? 'overview' : asked;
  const revokedText = hasDrivers ? text.revokedNotice : text.brokerRevokedNotice;
  return (
    <>
      <PageHead
        title={device.name}
        crumbs={[
          { label: text.title, href: linkTo({ page: 'devices' }) },
          { label: siteName, href: linkTo({ page: 'site', siteId: device.siteId }) },
        ]}
        beside={
          <>
            <DeviceState device={device} />
            {active && hasDrivers && <TwinPill device={device} />}
          </>
        }
      >
        {active && (
          <Button look="danger" onPress={() => setRevoking(true)}>
            {text.revoke.button}
          </Button>
        )}
      </PageHead>
      {!active && (
        <Notice tone="bad">
          <p>{revokedText(device.revokedMs === null ? '–' : dateTimeText(device.revokedMs), device.revokedReason ?? '–')}</p>
        </Notice>
      )}
      <div className="columns side-main">
        <DeviceFacts device={device} />
        <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => refine({ tab: key === 'overview' ? '' : String(key) })}>
          <TabList className="tab-list" aria-label={text.tabs.label}>
            <Tab id="overview" className="tab">
              {text.tabs.overview}
            </Tab>
            {hasDrivers && (
              <Tab id="config" className="tab">
                {text.tabs.config}
              </Tab>
            )}
            <Tab id="events" className="tab">
              {text.tabs.events}
            </Tab>
          </TabList>
          <TabPanel id="overview" className="tab-panel">
            <DeviceOverview device={device} onConfig={() => refine({ tab: 'config' })} onEvents={() => refine({ tab: 'events' })} />
          </TabPanel>
          {hasDrivers && (
            <TabPanel id="config" className="tab-panel">
              <TwinTable device={device} />
              {active && <ConfigEditor device={device} config={config} onApplied={onApplied} reload={fresh} />}
            </TabPanel>
          )}
          <TabPanel id="events" className="tab-panel">
            <DeviceEvents device={device} />
          </TabPanel>
        </Tabs>
      </div>
      <LeaveQuestion held={active && config.touched} name={device.name} onDiscard={config.discard} />
      <RevokeDialog device={device} siteName={siteName} open={revoking} onClose={() => setRevoking(false)} onRevoked={onChanged} />
    </>
  );
}
