/** Everything that was reported: filters in the address, a live tail that can be paused, older pages on demand. */

import { eventTypes } from '@tramhoc/protocol/event';
import { type ReactNode, useState } from 'react';
import { useAction } from '../api/asked.ts';
import { useDevices } from '../devices/device-list.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { useNavigation } from '../routing/navigation.tsx';
import { useSites } from '../sites/site-list.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/field.tsx';
import { EmptyState, FaultNotice, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { useEventFeed } from './event-feed.ts';
import { EventList } from './event-list.tsx';
import { eventTypeName } from './event-sentence.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function EventsPage(): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const { address, refine } = useNavigation();
  const { site, device, type } = address.search;
  const [paused, setPaused] = useState(false);
  const [askedSites] = useSites();
  const [askedDevices] = useDevices();
  const sites = askedSites.state === 'ready' ? askedSites.value : [];
  const devices = askedDevices.state === 'ready' ? askedDevices.value : [];
  const names = new Map(devices.map(({ deviceId, name }): [string, string] => [deviceId, name]));
  const siteNames = new Map(sites.map(({ siteId, name }): [string, string] => [siteId, name]));
  const { asked, reload, waiting, flush, older } = useEventFeed({ site, device, type }, { paused });
  const askOlder = useAction(older);
  const filtered = site !== undefined || device !== undefined || type !== undefined;
  const all = (id: string): string => (id === 'all' ? '' : id);
  const resume = (): void => {
    flush();
    setPaused(false);
  };
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle}>
        {paused ? (
          <Button look="primary" icon="play" onPress={resume}>
            {waiting > 0 ? `${text.resume} (${numberText(waiting, language)})` : text.resume}
          </Button>
        ) : (
          <Button icon="pause" onPress={() => setPaused(true)}>
            {text.pause}
          </Button>
        )}
      </PageHead>
      <Panel flush>
        <div className="toolbar">
          <Choice
            label={text.site}
            hideLabel
            value={site ?? 'all'}
            options={[{ id: 'all', label: text.allSites }, ...sites.map(({ siteId, name }) => ({ id: siteId, label: name }))]}
            onChange={(id) => refine({ site: all(id), device: '' })}
          />
          <Choice
            label={text.device}
            hideLabel
            value={device ?? 'all'}
            options={[
              { id: 'all', label: text.allDevices },
              ...devices
                .filter(({ siteId }) => site === undefined || siteId === site)
                .map(({ deviceId, name }) => ({ id: deviceId, label: name })),
            ]}
            onChange={(id) => refine({ device: all(id) })}
          />
          <Choice
            label={text.type}
            hideLabel
            value={type ?? 'all'}
            options={[{ id: 'all', label: text.allTypes }, ...eventTypes.map((id) => ({ id, label: eventTypeName(id, language) }))]}
            onChange={(id) => refine({ type: all(id) })}
          />
          {paused && (
            <span className="toolbar-count warn-text" role="status">
              {text.waiting(numberText(waiting, language))}
            </span>
          )}
        </div>
        <WhenReady asked={asked} onRetry={reload} rows={10}>
          {({ events, more }) =>
            events.length === 0 ? (
              <EmptyState
                icon="event"
                title={filtered ? text.noneTitle : text.emptyTitle}
                action={filtered ? <Button onPress={() => refine({ site: '', device: '', type: '' })}>{text.clear}</Button> : undefined}
              >
                <p>{filtered ? text.noneText : text.emptyText}</p>
              </EmptyState>
            ) : (
              <>
                <EventList
                  key={`${site} ${device} ${type}`}
                  events={events}
                  deviceName={(id) => names.get(id)}
                  siteName={(id) => siteNames.get(id) ?? id}
                  limit={2_000}
                />
                <div className="table-more">
                  <FaultNotice fault={askOlder.fault} />
                  {more ? (
                    <Button busy={askOlder.running} onPress={() => void askOlder.go(undefined)}>
                      {text.older}
                    </Button>
                  ) : (
                    <span className="muted">{text.end}</span>
                  )}
                </div>
              </>
            )
          }
        </WhenReady>
      </Panel>
    </>
  );
}
