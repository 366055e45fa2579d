/** Who is there today, by class, as the cards are tapped; any other day as well; on paper and as a file. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { AttendanceDay } from '../../api/contract.ts';
import { useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText, shareText } from '../language/number-text.ts';
import { dayOf, longDayText } from '../language/time-text.ts';
import { useApi, useNow, useThrottled } from '../page-context.tsx';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { useChosenSite } from '../sites/chosen-site.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { writeCsv } from '../ui/csv-text.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { DayPicker } from '../ui/day-picker.tsx';
import { Search } from '../ui/field.tsx';
import { EmptyState, Notice, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { Figure, Pill } from '../ui/pill.tsx';
import { saveFile } from '../ui/save-file.ts';
import { GroupList, UnknownCards } from './attendance-side.tsx';
import {
  type AttendanceRow,
  attendanceCsvRows,
  dayAsked,
  filterRows,
  isPresent,
  newlyTapped,
  type Shown,
  tapTimeText,
} from './attendance-view.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

/** The day is asked again at most this often: figures that are right, and not a request per tap at seven in the morning. */
const reloadGapMs = 1_500;

export function AttendancePage(): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const api = useApi();
  const { address, refine } = useNavigation();
  const { siteId, site, choice, instead } = useChosenSite();
  const today = dayOf(useNow(30_000));
  const day = dayAsked(address.search['date'], today);
  const [asked, { reload }] = useAsked(siteId === undefined ? undefined : `attendance ${siteId} ${day}`, (signal) =>
    api.ask('attendance', { query: { site: siteId ?? '', date: day }, signal }),
  );
  const reloadSoon = useThrottled(reload, reloadGapMs);
  useLive((message) => {
    const tap = message.kind === 'event' && message.event.siteId === siteId && message.event.type === 'vn.tramhoc.attendance.tap.v1';
    if (tap && day === today) reloadSoon();
  }, reload);
  const ready = asked.state === 'ready' ? asked.value : undefined;
  return (
    <>
      <PageHead title={text.title}>
        {choice}
        <DayPicker day={day} onChange={(date) => refine({ date: date === today ? '' : date })} />
        <Button
          icon="download"
          isDisabled={ready === undefined || ready.rows.length === 0}
          onPress={() => {
            if (ready !== undefined && siteId !== undefined)
              saveFile({ name: text.file(siteId, day), type: 'text/csv;charset=utf-8', content: writeCsv(attendanceCsvRows(ready, text)) });
          }}
        >
          {text.export}
        </Button>
        <Button icon="print" isDisabled={ready === undefined} onPress={() => window.print()}>
          {text.print}
        </Button>
      </PageHead>
      <p className="print-only print-title">{text.printTitle(site?.name ?? '', longDayText(day, language))}</p>
      {instead ?? (
        <WhenReady asked={asked} onRetry={reload} rows={10}>
          {(loaded) => <Day key={`${loaded.siteId} ${loaded.date}`} day={loaded} isToday={loaded.date === today} />}
        </WhenReady>
      )}
    </>
  );
}

function Day({ day, isToday }: { day: AttendanceDay; isToday: boolean }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const { address, refine } = useNavigation();
  const query = address.search['q'] ?? '';
  const group = address.search['group'] ?? '';
  const shown: Shown = address.search['show'] === 'present' ? 'present' : address.search['show'] === 'absent' ? 'absent' : 'all';
  const fresh = useFreshRows(day.rows);
  const number = (value: number): string => numberText(value, language);
  const people = day.rows.length;
  const rows = filterRows(day.rows, { query, group, shown });
  if (people === 0 && day.unknownCards.length === 0)
    return (
      <EmptyState
        icon="card"
        title={text.emptyTitle}
        action={<ButtonLink href={linkTo({ page: 'site', siteId: day.siteId })}>{text.toSite}</ButtonLink>}
      >
        <p>{text.emptyText}</p>
      </EmptyState>
    );
  return (
    <>
      {day.presentCount === 0 && day.unknownCards.length === 0 ? (
        <Notice tone="info">
          <p>{isToday ? text.noTapsToday : text.noTaps}</p>
        </Notice>
      ) : (
        <dl className="figures">
          <Figure
            label={text.totals.present}
            value={number(day.presentCount)}
            note={`${shareText(day.presentCount, people, language)} ${text.totals.of(number(people))}`}
            tone="ok"
          />
          <Figure label={text.totals.absent} value={number(day.absentCount)} note={shareText(day.absentCount, people, language)} />
          <Figure
            label={text.totals.unknown}
            value={number(day.unknownCards.length)}
            {...(day.unknownCards.length > 0 && { tone: 'warn' as const })}
          />
        </dl>
      )}
      <div className="columns main-side">
        <Panel flush>
          <div className="toolbar">
            <Search label={text.search} value={query} onChange={(q) => refine({ q })} />
            <ToggleButtonGroup
              className="segmented"
              aria-label={text.show.label}
              selectionMode="single"
              disallowEmptySelection
              selectedKeys={[shown]}
              onSelectionChange={([key]) => refine({ show: key === 'all' ? '' : String(key) })}
            >
              {(['all', 'present', 'absent'] as const).map((one) => (
                <ToggleButton key={one} id={one} className="segment">
                  {text.show[one]}
                </ToggleButton>
              ))}
            </ToggleButtonGroup>
            {group !== '' && (
              <Button small icon="close" onPress={() => refine({ group: '' })}>
                {`${text.group} ${group}`}
              </Button>
            )}
          </div>
          {rows.length === 0 ? (
            <EmptyState
              icon="search"
              title={text.noneTitle}
              action={<Button onPress={() => refine({ q: '', group: '', show: '' })}>{text.clear}</Button>}
            >
              <p>{text.noneText}</p>
            </EmptyState>
          ) : (
            <DataTable
              caption={text.title}
              columns={columnsOf(text)}
              rows={rows}
              keyOf={(row) => row.personId}
              rowClass={(row) => (isToday && fresh.has(row.personId) ? 'flash' : undefined)}
              limit={5_000}
              dense
            />
          )}
        </Panel>
        <div className="stack">
          <GroupList rows={day.rows} chosen={group} onChoose={(next) => refine({ group: next === group ? '' : next })} />
          <UnknownCards day={day} />
        </div>
      </div>
    </>
  );
}

/** Whose row changed with the last load; the first load flashes nobody. */
function useFreshRows(rows: readonly AttendanceRow[]): Set<string> {
  const before = useRef(rows);
  const [fresh, setFresh] = useState(() => new Set<string>());
  useEffect(() => {
    if (before.current === rows) return;
    setFresh(newlyTapped(before.current, rows));
    before.current = rows;
  }, [rows]);
  return fresh;
}

function columnsOf(text: typeof vi): Column<AttendanceRow>[] {
  const time = (ms: number | null, row: AttendanceRow): ReactNode => {
    const shown = tapTimeText(ms, row, text);
    if (ms !== null && !row.timeDoubtful) return shown;
    return (
      <span className="warn-text" title={ms === null ? text.noTimeHelp : text.doubtfulHelp}>
        {shown}
      </span>
    );
  };
  const none = <span className="muted wide-only">–</span>;
  const named = (name: string, value: ReactNode): ReactNode => (
    <>
      <span className="narrow-only">{name} </span>
      {value}
    </>
  );
  return [
    {
      id: 'name',
      head: text.columns.name,
      rowHead: true,
      cell: (row) => row.name,
    },
    { id: 'group', head: text.columns.group, cell: (row) => row.group },
    { id: 'person', head: text.columns.person, tight: true, cell: (row) => <span className="mono">{row.personId}</span> },
    {
      id: 'state',
      head: text.columns.state,
      cell: (row) => (
        <Pill tone={isPresent(row) ? 'ok' : 'mute'} hollow={!isPresent(row)}>
          {isPresent(row) ? text.present : text.absent}
        </Pill>
      ),
    },
    {
      id: 'first',
      head: text.columns.first,
      number: true,
      cell: (row) => (isPresent(row) ? named(text.short.first, time(row.firstMs, row)) : none),
    },
    {
      id: 'last',
      head: text.columns.last,
      number: true,
      cell: (row) => (row.tapCount > 1 ? named(text.short.last, time(row.lastMs, row)) : none),
    },
    {
      id: 'taps',
      head: text.columns.taps,
      number: true,
      cell: (row) => (
        <>
          <span className="wide-only">{row.tapCount}</span>
          {isPresent(row) && <span className="narrow-only">{text.short.taps(row.tapCount)}</span>}
        </>
      ),
    },
  ];
}
