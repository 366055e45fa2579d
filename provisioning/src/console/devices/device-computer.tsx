/** The computer that the agent runs on: what it is, how it is kept, what is plugged into it. */
import type { ReactNode } from 'react';
import type { ComputerView } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { Panel } from '../ui/page-head.tsx';
import { Pill, type Tone } from '../ui/pill.tsx';
import { Ago } from './device-state.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

const healthTone: Record<'ok' | 'failing' | 'unknown', Tone> = { ok: 'ok', failing: 'bad', unknown: 'mute' };
/** From here on a volume is soon full. */
const fullPct = 90;

export function DeviceComputer({ computer }: { computer: ComputerView }): ReactNode {
  const { computer: text } = useText({ vi, en });
  return (
    <Panel
      title={text.title}
      actions={
        <span className="sub">
          <span className="mono">{computer.slot}</span> · <Ago atMs={computer.atMs} />
        </span>
      }
    >
      <div className="computer">
        <Facts computer={computer} />
        <Storage computer={computer} />
        <Usb usb={computer.usb} />
      </div>
    </Panel>
  );
}

function Facts({ computer: { state, load } }: { computer: ComputerView }): ReactNode {
  const { computer: text } = useText({ vi, en });
  const language = useLanguage();
  const whole = (value: number): string => numberText(Math.round(value), language);
  const used = load === null ? undefined : whole(load.load.memoryUsedPct);
  const temperature = load?.load.temperatureC === undefined ? undefined : whole(load.load.temperatureC);
  return (
    <dl className="facts">
      <Fact name={text.model}>{[state.manufacturer, state.model].filter(Boolean).join(' ')}</Fact>
      <Fact name={text.serial}>{state.serial !== undefined && <span className="mono">{state.serial}</span>}</Fact>
      <Fact name={text.cpu}>{state.cpu.model !== '' && `${state.cpu.model}, ${text.cores(whole(state.cpu.coreCount))}`}</Fact>
      <Fact name={text.memory}>{text.memoryUsed(numberText(state.memoryMiB / 1_024, language, 1), used)}</Fact>
      <Fact name={text.os}>{[state.os.name, state.os.version].filter(Boolean).join(' ')}</Fact>
      <Fact name={text.updates}>{state.updates !== undefined && <Updates updates={state.updates} />}</Fact>
      <Fact name={text.load}>{load !== null && text.loadText(whole(load.load.cpuPct), temperature)}</Fact>
      <Fact name={text.network}>{state.networks.length > 0 && <Networks networks={state.networks} />}</Fact>
      <Fact name={text.batteryLabel}>{state.battery?.healthPct !== undefined && text.battery(whole(state.battery.healthPct))}</Fact>
      <Fact name={text.printers}>{state.printers.join(', ')}</Fact>
    </dl>
  );
}

/** Nothing where nothing is known. */
function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  if (children === '' || children === false) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Updates({ updates }: { updates: NonNullable<ComputerView['state']['updates']> }): ReactNode {
  const { computer: text } = useText({ vi, en });
  const language = useLanguage();
  const { pendingCount, securityCount, restartNeeded } = updates;
  return (
    <span className="pill-row">
      {pendingCount === 0 ? (
        <Pill tone="ok">{text.updatesNone}</Pill>
      ) : (
        <Pill tone="info">{text.updatesPending(numberText(pendingCount, language))}</Pill>
      )}
      {securityCount !== undefined && securityCount > 0 && (
        <Pill tone="warn">{text.updatesSecurity(numberText(securityCount, language))}</Pill>
      )}
      {restartNeeded && <Pill tone="warn">{text.restart}</Pill>}
    </span>
  );
}

function Networks({ networks }: { networks: ComputerView['state']['networks'] }): ReactNode {
  const { computer: text } = useText({ vi, en });
  const language = useLanguage();
  return (
    <ul className="plain-list">
      {networks.map(({ name, mac, up, speedMbps }) => (
        <li key={`${name} ${mac}`}>
          <span className="mono">{name}</span>{' '}
          {up ? text.networkUp(speedMbps === undefined ? undefined : numberText(speedMbps, language)) : text.networkDown}{' '}
          <span className="muted mono">{mac}</span>
        </li>
      ))}
    </ul>
  );
}

function Storage({ computer: { state } }: { computer: ComputerView }): ReactNode {
  const { computer: text } = useText({ vi, en });
  const language = useLanguage();
  const size = (gib: number): string => numberText(gib, language, gib < 10 ? 1 : 0);
  if (state.disks.length + state.volumes.length === 0) return null;
  return (
    <section className="computer-part">
      <h3>{text.disks}</h3>
      <ul className="plain-list">
        {state.disks.map(({ name, kind, sizeGiB, health }) => (
          <li key={`${name} ${sizeGiB}`}>
            <Pill tone={healthTone[health]} hollow={health === 'unknown'}>
              {text.health[health]}
            </Pill>{' '}
            {text.diskKind[kind]} {size(sizeGiB)} GB <span className="muted">{name}</span>
            {health === 'failing' && <span className="sub">{text.failingHelp}</span>}
          </li>
        ))}
        {state.volumes.map(({ mount, sizeGiB, usedPct }) => (
          <li key={mount} className="volume">
            <span className="mono">{mount}</span>
            <meter min={0} max={100} low={70} high={fullPct} optimum={0} value={usedPct} aria-label={mount} />
            <span className={usedPct >= fullPct ? 'warn-text' : undefined}>
              {text.volumeUsed(numberText(usedPct, language), size(sizeGiB))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Usb({ usb }: { usb: ComputerView['usb'] }): ReactNode {
  const { computer: text } = useText({ vi, en });
  return (
    <section className="computer-part">
      <h3>{text.usb}</h3>
      {usb.length === 0 && <p className="muted">{text.usbNone}</p>}
      <ul className="plain-list">
        {usb.map(({ vendorId, productId, name, port, known, sinceMs }) => (
          <li key={`${vendorId}:${productId} ${port}`}>
            {!known && (
              <>
                <Pill tone="warn">{text.usbUnknown}</Pill>{' '}
              </>
            )}
            {name === '' ? <span className="muted">{text.usbUnnamed}</span> : name}{' '}
            <span className="mono muted">
              {vendorId}:{productId}
            </span>{' '}
            <span className="muted">{text.port(port)}</span> {sinceMs !== null && <Ago atMs={sinceMs} />}
            {!known && <span className="sub">{text.usbHelp}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
