/** Beside the list of people: how full each class is, and cards nobody is registered for. */
import type { ReactNode } from 'react';
import type { AttendanceDay } from '../../api/contract.ts';
import { useDevices } from '../devices/device-list.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { secondsText } from '../language/time-text.ts';
import { Panel } from '../ui/page-head.tsx';
import { type AttendanceRow, groupCounts } from './attendance-view.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function GroupList({
  rows,
  chosen,
  onChoose,
}: {
  rows: readonly AttendanceRow[];
  chosen: string;
  onChoose(group: string): void;
}): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const groups = groupCounts(rows);
  if (groups.length === 0) return null;
  return (
    <Panel title={text.groupsTitle}>
      <ul className="group-list">
        {groups.map(({ group, presentCount, count }) => (
          <li key={group}>
            <button type="button" className="group" aria-pressed={group === chosen && chosen !== ''} onClick={() => onChoose(group)}>
              <span>{group === '' ? text.noGroup : group}</span>
              <span className="group-count">{text.groupCount(numberText(presentCount, language), numberText(count, language))}</span>
              <progress max={count} value={presentCount} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

type Unknown = AttendanceDay['unknownCards'][number];

export function UnknownCards({ day }: { day: AttendanceDay }): ReactNode {
  const text = useText({ vi, en });
  const [asked] = useDevices(day.siteId);
  const names = new Map((asked.state === 'ready' ? asked.value : []).map(({ deviceId, name }): [string, string] => [deviceId, name]));
  return (
    <Panel title={text.unknownTitle}>
      <p className="help">{day.unknownCards.length === 0 ? text.unknownNone : text.unknownText}</p>
      {day.unknownCards.length > 0 && (
        <ul className="unknown-list">
          {day.unknownCards.map((card, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one card may tap twice in a second; the place is part of what it is
            <li key={`${keyOf(card)} ${at}`}>
              <span className="number">{card.atMs === null ? text.noTime : secondsText(card.atMs)}</span>
              <span>
                {names.get(card.deviceId) ?? card.deviceId.slice(0, 8)} <span className="muted mono">{card.slot}</span>
              </span>
              <span className="sub mono">{text.card(card.cardHashPrefix)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const keyOf = (card: Unknown): string => `${card.cardHashPrefix} ${card.atMs ?? ''} ${card.deviceId}`;
