import type { EventType } from '@tramhoc/protocol/event';
import type { ReactNode } from 'react';
import type { Device } from '../../api/contract.ts';
import { useAction, useAsked } from '../api/asked.ts';
import { useEventFeed } from '../events/event-feed.ts';
import { EventList } from '../events/event-list.tsx';
import { en as eventsEn } from '../events/messages.en.ts';
import { vi as eventsVi } from '../events/messages.vi.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, FaultNotice, WhenReady } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

/** A device tells each driver that it has when it starts: thirty lines that would push out everything else. */
const driverTold: EventType = 'vn.tramhoc.device.driver.v1';

/** What this device tells, as it comes. `short`: only the newest few. */
export function DeviceEvents({ device, short, actions }: { device: Device; short?: number; actions?: ReactNode }): ReactNode {
  const { events: text } = useText({ vi, en });
  const paging = useText({ vi: eventsVi, en: eventsEn });
  const { asked, reload, older } = useEventFeed({ device: device.deviceId }, { paused: false });
  const deviceName = useDeviceNames(device);
  const askOlder = useAction(older);
  return (
    <Panel title={text.recent} actions={actions} flush>
      <WhenReady asked={asked} onRetry={reload} rows={4}>
        {({ events, more }) => {
          const listed = short === undefined ? events : events.filter(({ type }) => type !== driverTold).slice(0, short);
          return listed.length === 0 ? (
            <EmptyState icon="event" title={text.empty}>
              <p>{text.emptyText}</p>
            </EmptyState>
          ) : (
            <>
              <EventList events={listed} deviceName={deviceName} limit={2_000} />
              {short === undefined && more && (
                <div className="table-more">
                  <FaultNotice fault={askOlder.fault} />
                  <Button busy={askOlder.running} onPress={() => void askOlder.go(undefined)}>
                    {paging.older}
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </WhenReady>
    </Panel>
  );
}

/** A site broker tells of the devices of its site. */
function useDeviceNames({ deviceId, name, role, siteId }: Device): (deviceId: string) => string | undefined {
  const api = useApi();
  const [asked] = useAsked(
    role === 'broker' ? `devices of ${siteId}` : undefined,
    async (signal) => (await api.ask('listDevices', { query: { site: siteId }, signal })).devices,
  );
  const devices = asked.state === 'ready' ? asked.value : [];
  return (id) => (id === deviceId ? name : devices.find((one) => one.deviceId === id)?.name);
}
