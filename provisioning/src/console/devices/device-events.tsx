import type { ReactNode } from 'react';
import type { Device } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useEventFeed } from '../events/event-feed.ts';
import { EventList } from '../events/event-list.tsx';
import { en as eventsEn } from '../events/messages.en.ts';
import { vi as eventsVi } from '../events/messages.vi.ts';
import { useText } from '../language/language.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, FaultNotice, WhenReady } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

/** What this device tells, as it comes. `short`: only the newest few. */
export function DeviceEvents({ device, short, actions }: { device: Device; short?: number; actions?: ReactNode }): ReactNode {
  const { events: text } = useText({ vi, en });
  const paging = useText({ vi: eventsVi, en: eventsEn });
  const { asked, reload, older } = useEventFeed(
    { device: device.deviceId },
    { paused: false, ...(short !== undefined && { limit: short }) },
  );
  const askOlder = useAction(older);
  return (
    <Panel title={text.recent} actions={actions} flush>
      <WhenReady asked={asked} onRetry={reload} rows={4}>
        {({ events, more }) =>
          events.length === 0 ? (
            <EmptyState icon="event" title={text.empty}>
              <p>{text.emptyText}</p>
            </EmptyState>
          ) : (
            <>
              <EventList
                events={short === undefined ? events : events.slice(0, short)}
                deviceName={(id) => (id === device.deviceId ? device.name : undefined)}
                limit={2_000}
              />
              {short === undefined && more && (
                <div className="table-more">
                  <FaultNotice fault={askOlder.fault} />
                  <Button busy={askOlder.running} onPress={() => void askOlder.go(undefined)}>
                    {paging.older}
                  </Button>
                </div>
              )}
            </>
          )
        }
      </WhenReady>
    </Panel>
  );
}
