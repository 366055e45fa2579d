/** What people sent at the kiosks, newest first. */

import { type FeedbackCategory, feedbackCategories, phoneText } from '@tramhoc/protocol/kiosk';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../api/ask.ts';
import { useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { finds } from '../language/fold-text.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateTimeText } from '../language/time-text.ts';
import { useApi, useThrottled } from '../page-context.tsx';
import { useNavigation } from '../routing/navigation.tsx';
import { useSites } from '../sites/site-list.ts';
import { Button } from '../ui/button.tsx';
import { Choice, Search } from '../ui/field.tsx';
import { EmptyState, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { maskPhone } from './mask-phone.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Item = Answer<'listFeedback'>['items'][number];

export function FeedbackPage(): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const api = useApi();
  const { address, refine } = useNavigation();
  const { q = '', site, category } = address.search;
  const [askedSites] = useSites();
  const [asked, { reload }] = useAsked(
    `feedback ${site ?? ''}`,
    async (signal) => (await api.ask('listFeedback', { query: site === undefined ? {} : { site }, signal })).items,
  );
  const reloadSoon = useThrottled(reload, 500);
  useLive((message) => {
    if (message.kind === 'event' && message.event.type === 'vn.tramhoc.kiosk.feedback.v1') reloadSoon();
  }, reload);
  const sites = askedSites.state === 'ready' ? askedSites.value : [];
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle} />
      <WhenReady asked={asked} onRetry={reload}>
        {(items) => {
          const found = items.filter(
            (item) => (category === undefined || item.category === category) && finds(q, item.trackingCode, item.text, item.siteName),
          );
          return items.length === 0 && site === undefined ? (
            <EmptyState icon="feedback" title={text.emptyTitle}>
              <p>{text.emptyText}</p>
            </EmptyState>
          ) : (
            <Panel flush>
              <div className="toolbar">
                <Search label={text.search} value={q} onChange={(value) => refine({ q: value })} />
                <Choice
                  label={text.site}
                  hideLabel
                  value={site ?? 'all'}
                  options={[{ id: 'all', label: text.allSites }, ...sites.map(({ siteId, name }) => ({ id: siteId, label: name }))]}
                  onChange={(id) => refine({ site: id === 'all' ? '' : id })}
                />
                <Choice
                  label={text.category}
                  hideLabel
                  value={category ?? 'all'}
                  options={[
                    { id: 'all', label: text.allCategories },
                    ...feedbackCategories.map((id) => ({ id, label: text.categories[id] })),
                  ]}
                  onChange={(id) => refine({ category: id === 'all' ? '' : id })}
                />
                <span className="toolbar-count" role="status">
                  {text.count(numberText(found.length, language), numberText(items.length, language))}
                </span>
              </div>
              {found.length === 0 ? (
                <EmptyState
                  icon="search"
                  title={text.noneTitle}
                  action={<Button onPress={() => refine({ q: '', site: '', category: '' })}>{text.clear}</Button>}
                >
                  <p>{text.noneText}</p>
                </EmptyState>
              ) : (
                <ul className="feedback-list">
                  {found.map((item) => (
                    <FeedbackEntry key={item.trackingCode} item={item} />
                  ))}
                </ul>
              )}
            </Panel>
          );
        }}
      </WhenReady>
    </>
  );
}

function FeedbackEntry({ item }: { item: Item }): ReactNode {
  const text = useText({ vi, en });
  return (
    <li className="feedback-item">
      <div className="feedback-head">
        <span className="tag">{text.categories[item.category as FeedbackCategory] ?? item.category}</span>
        <span className="mono">{item.trackingCode}</span>
        <span className="sub">{dateTimeText(item.receivedMs)}</span>
      </div>
      <p className="feedback-text" lang={item.language}>
        {item.text}
      </p>
      <div className="feedback-foot">
        <span className="sub">
          {text.from(item.deviceName, item.siteName)}
          {item.language === 'en' && ` · ${text.writtenInEnglish}`}
        </span>
        <Phone item={item} />
      </div>
    </li>
  );
}

function Phone({ item }: { item: Item }): ReactNode {
  const text = useText({ vi, en });
  const [shown, setShown] = useState(false);
  if (item.phone === null) return <span className="sub">{text.noPhone}</span>;
  const phone = phoneText(item.phone);
  return (
    <span className="phone">
      <span className="mono">{shown ? phone : maskPhone(phone)}</span>
      <Button
        small
        look="quiet"
        icon="eye"
        aria-label={shown ? text.hidePhone : text.showPhoneOf(item.trackingCode)}
        onPress={() => setShown(!shown)}
      >
        {shown ? text.hidePhone : text.showPhone}
      </Button>
    </span>
  );
}
