/** The last hours of what the device measures; nothing when it measures nothing. */
import type { ReactNode } from 'react';
import type { Device } from '../../api/contract.ts';
import { AirChart } from '../air/air-chart.tsx';
import { chartGroups, useAir } from '../air/air-data.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { useNow } from '../page-context.tsx';
import { Panel } from '../ui/page-head.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

const hours = 6;

export function DeviceMeasurements({ device }: { device: Device }): ReactNode {
  const { measurements: text } = useText({ vi, en });
  const language = useLanguage();
  const nowMs = useNow(60_000);
  const [asked] = useAir(device.siteId, hours);
  if (asked.state !== 'ready') return null;
  const mine = chartGroups(asked.value.filter(({ deviceId }) => deviceId === device.deviceId));
  if (mine.length === 0) return null;
  return (
    <Panel title={text.title}>
      {mine.map((group) => (
        <div key={group.key} className="mini-chart">
          <h3>
            <span className="mono">{group.slot}</span>
            <span className="muted">
              {group.series
                .map(({ label, unit, points }) => {
                  const last = points.at(-1);
                  return last === undefined ? label[language] : `${label[language]} ${numberText(last[1], language, 1)} ${unit}`;
                })
                .join(' · ')}
            </span>
          </h3>
          <AirChart
            group={group}
            range={{ fromMs: nowMs - hours * 3_600_000, toMs: nowMs }}
            height={140}
            label={`${text.title}: ${group.slot}`}
          />
        </div>
      ))}
    </Panel>
  );
}
