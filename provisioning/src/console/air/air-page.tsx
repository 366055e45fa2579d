/** The air of the rooms of a site: what it is now in a word, how it went in a chart, the same as a table. */
import { type ReactNode, useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { Ago } from '../devices/device-state.tsx';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateTimeText } from '../language/time-text.ts';
import { useNow } from '../page-context.tsx';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { useChosenSite } from '../sites/chosen-site.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { EmptyState, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { airBands, airLevel } from './air-bands.ts';
import { AirChart } from './air-chart.tsx';
import { chartGroups, useAir } from './air-data.ts';
import { type ChartGroup, hourlyAverages } from './air-series.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

const ranges = [6, 24, 168];

export function AirPage(): ReactNode {
  const text = useText({ vi, en });
  const { address, refine } = useNavigation();
  const { siteId, choice, instead } = useChosenSite();
  const hours = ranges.find((range) => String(range) === address.search['hours']) ?? 24;
  const [asked, reload] = useAir(siteId, hours);
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle}>
        {choice}
        <ToggleButtonGroup
          className="segmented"
          aria-label={text.range}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[String(hours)]}
          onSelectionChange={([key]) => refine({ hours: key === '24' ? '' : String(key) })}
        >
          {ranges.map((range) => (
            <ToggleButton key={range} id={String(range)} className="segment">
              {text.ranges[range]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </PageHead>
      {instead ?? (
        <WhenReady asked={asked} onRetry={reload} rows={8}>
          {(series) => {
            const groups = chartGroups(series);
            return groups.length === 0 ? (
              <EmptyState
                icon="air"
                title={text.emptyTitle}
                action={<ButtonLink href={linkTo({ page: 'devices' }, { site: siteId })}>{text.toDevices}</ButtonLink>}
              >
                <p>{text.emptyText}</p>
              </EmptyState>
            ) : (
              <div className="stack">
                {groups.map((group) => (
                  <AirPanel key={group.key} group={group} hours={hours} />
                ))}
                {groups.some(({ series: lines }) => lines.some(({ quantity }) => quantity === 'pm25')) && <AirScale />}
              </div>
            );
          }}
        </WhenReady>
      )}
    </>
  );
}

function AirPanel({ group, hours }: { group: ChartGroup; hours: number }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const nowMs = useNow(30_000);
  const dust = group.series.find(({ quantity }) => quantity === 'pm25');
  const last = dust?.points.at(-1);
  const level = last === undefined ? undefined : airLevel(last[1]);
  const newestMs = Math.max(...group.series.map(({ points }) => points.at(-1)?.[0] ?? 0));
  return (
    <Panel
      title={
        <>
          {group.deviceName} <span className="muted mono">{group.slot}</span>
        </>
      }
      actions={
        newestMs > 0 ? (
          <span className="sub">
            <Ago atMs={newestMs} />
          </span>
        ) : undefined
      }
    >
      <div className="air-now">
        {level !== undefined && <span className={`air-level ${level}`}>{text.levels[level]}</span>}
        <dl className="air-values" aria-label={text.legend}>
          {group.series.map(({ quantity, label, points, unit }, at) => {
            const value = points.at(-1)?.[1];
            return (
              <div key={quantity} className={quantity === 'pm25' ? 'air-value main' : 'air-value'}>
                <dt>
                  <span className={`swatch line-${at + 1}${group.series.length > 1 ? '' : ' solid'}`} aria-hidden="true" />
                  {label[language]}
                </dt>
                <dd>
                  {value === undefined ? '–' : numberText(value, language, 1)} <span className="unit">{unit}</span>
                </dd>
              </div>
            );
          })}
        </dl>
        {newestMs === 0 && <span className="muted">{text.noValue}</span>}
      </div>
      <AirChart
        group={group}
        range={{ fromMs: nowMs - hours * 3_600_000, toMs: nowMs }}
        height={dust === undefined ? 160 : 240}
        label={text.chartOf(`${group.deviceName} ${group.slot}`, text.ranges[hours] ?? '')}
      />
      <HourTable group={group} />
    </Panel>
  );
}

/** The table is worked out only while it is open. */
function HourTable({ group }: { group: ChartGroup }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const [open, setOpen] = useState(false);
  return (
    <Disclosure className="disclosure" isExpanded={open} onExpandedChange={setOpen}>
      <Heading level={3}>
        <AriaButton slot="trigger" className="button quiet small">
          <Icon name="right" size={16} />
          <span>{text.table}</span>
        </AriaButton>
      </Heading>
      <DisclosurePanel>
        {open && (
          <div className="table-wrap">
            <table className="table plain">
              <caption className="visually-hidden">{`${text.table}: ${group.deviceName} ${group.slot}`}</caption>
              <thead>
                <tr>
                  <th scope="col">{text.hour}</th>
                  {group.series.map(({ quantity, label, unit }) => (
                    <th key={quantity} scope="col" className="number">
                      {label[language]} ({unit})
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {hourlyAverages(group.series).map(({ hourMs, averages }) => (
                  <tr key={hourMs}>
                    <th scope="row">{dateTimeText(hourMs)}</th>
                    {averages.map((value, at) => (
                      <td key={group.series[at]!.quantity} className="number">
                        {value === undefined ? '–' : numberText(value, language, 1)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </DisclosurePanel>
    </Disclosure>
  );
}

function AirScale(): ReactNode {
  const text = useText({ vi, en });
  return (
    <section className="air-scale" aria-label={text.scale}>
      <ul>
        {airBands.map(({ level, aboveUgM3 }, at) => (
          <li key={level}>
            <span className={`air-level ${level}`}>{text.levels[level]}</span>
            <span className="sub">{bandText(aboveUgM3, airBands[at + 1]?.aboveUgM3, text)} µg/m³</span>
          </li>
        ))}
      </ul>
      <p className="help">{text.source}</p>
    </section>
  );
}

/** A value on a break point belongs to the lower band, and the words leave no doubt of it. */
function bandText(above: number, upTo: number | undefined, text: typeof vi): string {
  if (upTo === undefined) return text.bandOver(String(above));
  return above === 0 ? text.bandUpTo(String(upTo)) : text.bandRange(String(above), String(upTo));
}
