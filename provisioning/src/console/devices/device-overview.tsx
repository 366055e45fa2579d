/** What is connected to the device and how it fares. */
import type { ReactNode } from 'react';
import type { DeviceDetail } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { Button } from '../ui/button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { Pill, type Tone } from '../ui/pill.tsx';
import { DeviceComputer } from './device-computer.tsx';
import { DeviceEvents } from './device-events.tsx';
import { DeviceFaults } from './device-faults.tsx';
import { DeviceMeasurements } from './device-measurements.tsx';
import { Ago } from './device-state.tsx';
import { FaultLines } from './fault-lines.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Slot = DeviceDetail['slots'][number];
const slotTone: Record<Slot['state'], Tone> = { opening: 'warn', open: 'ok', lost: 'bad', closed: 'mute' };
const shortEvents = 8;

export function DeviceOverview({ device, onConfig, onEvents }: { device: DeviceDetail; onConfig(): void; onEvents(): void }): ReactNode {
  const { events: text } = useText({ vi, en });
  return (
    <div className="stack">
      {(device.role === 'agent' || device.slots.length > 0) && <Slots device={device} onConfig={onConfig} />}
      <DeviceFaults faults={device.faults} />
      {device.computers.map((computer) => (
        <DeviceComputer key={computer.slot} computer={computer} />
      ))}
      {device.displays.length > 0 && <Displays device={device} />}
      <DeviceMeasurements device={device} />
      <DeviceEvents
        device={device}
        short={shortEvents}
        actions={
          <Button small look="quiet" onPress={onEvents}>
            {text.all}
          </Button>
        }
      />
    </div>
  );
}

function Slots({ device, onConfig }: { device: DeviceDetail; onConfig(): void }): ReactNode {
  const { slots: text } = useText({ vi, en });
  const language = useLanguage();
  const old = text.old[device.state === 'revoked' ? 'revoked' : 'offline'];
  const title = (driver: string): string => device.driverKinds.find(({ kind }) => kind === driver)?.title[language] ?? driver;
  const columns: Column<Slot>[] = [
    {
      id: 'slot',
      head: text.columns.slot,
      rowHead: true,
      cell: (slot) => (
        <span className="name-cell">
          <span className="mono">{slot.slot}</span>
          <span className="sub">{title(slot.driver)}</span>
        </span>
      ),
    },
    {
      id: 'state',
      head: text.columns.state,
      cell: (slot) => <Pill tone={device.online ? slotTone[slot.state] : 'mute'}>{text.states[slot.state]}</Pill>,
    },
    {
      id: 'since',
      head: text.columns.since,
      cell: (slot) => (
        <span className="name-cell">
          <Ago atMs={slot.sinceMs} />
          {slot.lastFrameMs !== null && (
            <span className="sub">
              {text.lastFrame} <Ago atMs={slot.lastFrameMs} />
            </span>
          )}
        </span>
      ),
    },
    {
      id: 'problem',
      head: text.columns.problem,
      cell: (slot) =>
        slot.message === null && slot.code === null ? (
          <span className="muted">{text.noMessage}</span>
        ) : (
          <FaultLines code={slot.code} message={slot.message} calm={slot.state === 'open'} />
        ),
    },
    { id: 'skipped', head: text.columns.skipped, number: true, cell: (slot) => numberText(slot.skippedBytes, language) },
    {
      id: 'timeouts',
      head: text.columns.timeouts,
      number: true,
      cell: (slot) => (slot.timeoutCount === null ? text.noMessage : numberText(slot.timeoutCount, language)),
    },
    { id: 'reopened', head: text.columns.reopened, number: true, cell: (slot) => numberText(slot.reopenCount, language) },
  ];
  return (
    <Panel title={text.title} flush>
      {device.slots.length === 0 ? (
        <EmptyState
          icon="slot"
          title={text.empty}
          action={device.state === 'active' ? <Button onPress={onConfig}>{text.toConfig}</Button> : undefined}
        >
          <p>{text.emptyText}</p>
        </EmptyState>
      ) : (
        <>
          {!device.online && device.lastEventMs !== null && (
            <p className="panel-note">
              {old[0]}
              <Ago atMs={device.lastEventMs} />
              {old[1]}
            </p>
          )}
          <DataTable caption={text.title} columns={columns} rows={device.slots} keyOf={(slot) => slot.slot} />
        </>
      )}
    </Panel>
  );
}

function Displays({ device }: { device: DeviceDetail }): ReactNode {
  const { displays: text } = useText({ vi, en });
  const language = useLanguage();
  return (
    <Panel title={text.title}>
      {device.displays.map(({ slot, atMs, state }) => (
        <div key={slot} className="display-row">
          <h3>
            <span className="mono">{slot}</span>{' '}
            <span className="muted">{[state.manufacturer, state.model ?? state.name].filter(Boolean).join(' ')}</span>
          </h3>
          <Pill tone={!device.online ? 'mute' : state.power === 'on' ? 'ok' : state.power === 'off' ? 'mute' : 'info'}>
            {text.power[state.power]}
          </Pill>
          <dl className="facts inline">
            {state.input !== undefined && (
              <>
                <dt>{text.input}</dt>
                <dd className="mono">{state.input}</dd>
              </>
            )}
            {state.lampHours !== undefined && (
              <>
                <dt>{text.lamp}</dt>
                <dd>{state.lampHours.map((hours) => numberText(hours, language)).join(', ')}</dd>
              </>
            )}
            <dt>{text.faults}</dt>
            <dd className={state.faults.length > 0 ? 'fault' : undefined}>
              {state.faults.length === 0
                ? text.noFaults
                : state.faults.map(({ part, level }) => `${text.parts[part]} (${text.levels[level]})`).join(', ')}
            </dd>
          </dl>
          <span className="sub">
            <Ago atMs={atMs} />
          </span>
        </div>
      ))}
    </Panel>
  );
}
