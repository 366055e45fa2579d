/** When it happened, as far as the site could work it out; its error bound when it matters, or that nobody can know. */
import type { ReactNode } from 'react';
import type { StoredEvent } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateText, dateTimeText, dayOf, secondsText } from '../language/time-text.ts';
import { useNow } from '../page-context.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

/** Below this nobody cares. */
const shownErrorMs = 2_000;

export function EventTime({ event }: { event: StoredEvent }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const today = dayOf(useNow(60_000));
  if (event.siteTimeMs === null)
    return (
      <span className="event-time" title={text.noTimeHelp(dateTimeText(event.receivedMs))}>
        <span className="warn-text">{text.noTime}</span>
        <span className="sub">{text.received(secondsText(event.receivedMs))}</span>
      </span>
    );
  const error = event.siteTimeErrorMs ?? 0;
  return (
    <span className="event-time">
      <time dateTime={new Date(event.siteTimeMs).toISOString()}>{secondsText(event.siteTimeMs)}</time>
      {dayOf(event.siteTimeMs) !== today && <span className="sub">{dateText(event.siteTimeMs)}</span>}
      {error > shownErrorMs && <span className="sub">{text.errorBound(numberText(error / 1_000, language))}</span>}
    </span>
  );
}
