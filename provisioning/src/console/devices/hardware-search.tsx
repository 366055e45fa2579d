/** Looking for hardware from a desk: the device searches its ports, and what it finds is put into the forms with one press. */
import { maxSlots } from '@tramhoc/protocol/limits';
import { type ReactNode, useState } from 'react';
import type { DeviceDetail, DeviceScan } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { agoText } from '../language/time-text.ts';
import { useApi, useNow } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/field.tsx';
import { EmptyState, FaultNotice, Loading, Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { Pill, type Tone } from '../ui/pill.tsx';
import { en } from './search-messages.en.ts';
import { vi } from './search-messages.vi.ts';

type Port = DeviceScan['ports'][number];
type Props = {
  device: DeviceDetail;
  /** Ports of the slots in the forms, saved or not. */
  taken: ReadonlySet<string>;
  slotCount: number;
  onAdd(found: { kind: string; config: Record<string, unknown> }): void;
  reload(): Promise<unknown>;
};

/** As the centre counts it: after this long nobody answers any more. */
const answerWithinMs = 180_000;
const tones: Record<Port['state'], Tone> = { found: 'ok', silent: 'mute', 'in-use': 'info', 'no-right': 'bad', unavailable: 'warn' };

export function HardwareSearch({ device, taken, slotCount, onAdd, reload }: Props): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const nowMs = useNow(5_000);
  const [modbus, setModbus] = useState(false);
  const asking = useAction(async () => {
    await api.ask('askScan', { params: { deviceId: device.deviceId }, body: { modbus } });
    await reload();
  });
  const { scan } = device;
  const state = scan !== null && scan.state !== 'done' && nowMs - scan.askedMs > answerWithinMs ? 'lost' : scan?.state;
  const running = state === 'asked' || state === 'began';
  return (
    <Panel
      title={text.title}
      actions={
        <Button
          small
          icon={scan === null ? 'search' : 'refresh'}
          isDisabled={!device.online || running}
          busy={asking.running}
          onPress={() => void asking.go(undefined)}
        >
          {scan === null ? text.start : text.again}
        </Button>
      }
    >
      <div className="stack tight">
        {!device.online && (
          <Notice tone="warn">
            <p>{text.offline}</p>
          </Notice>
        )}
        <FaultNotice fault={asking.fault} />
        {running ? (
          <>
            <p role="status">{state === 'asked' ? text.asked : text.began}</p>
            <Loading rows={3} />
          </>
        ) : (
          <>
            {state === 'lost' && (
              <Notice tone="warn" live>
                <p>{text.lost}</p>
              </Notice>
            )}
            {scan?.state === 'done' && (
              <Findings scan={scan} nowMs={nowMs} device={device} taken={taken} full={slotCount >= maxSlots} onAdd={onAdd} />
            )}
            {device.online && (
              <>
                <p className="help">{text.intro}</p>
                <Checkbox isSelected={modbus} onChange={setModbus}>
                  {text.modbus}
                </Checkbox>
              </>
            )}
          </>
        )}
      </div>
    </Panel>
  );
}

type FindingsProps = Pick<Props, 'device' | 'taken' | 'onAdd'> & { scan: DeviceScan; nowMs: number; full: boolean };

function Findings({ scan, nowMs, device, taken, full, onAdd }: FindingsProps): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  if (scan.ports.length === 0)
    return (
      <EmptyState icon="slot" title={text.nothing}>
        <p>{text.nothingText}</p>
      </EmptyState>
    );
  return (
    <>
      {!scan.ports.some(({ state }) => state === 'found') && <p role="status">{text.noneKnown}</p>}
      <ul className="found-list">
        {scan.ports.map((port) => (
          <li key={port.port}>
            <FoundPort port={port} device={device} added={taken.has(port.port)} full={full} onAdd={onAdd} />
          </li>
        ))}
      </ul>
      <p className="help">
        {scan.toldMs !== null && text.doneAt(agoText({ atMs: scan.toldMs, nowMs }, language))}
        {scan.more > 0 && ` ${text.more(numberText(scan.more, language))}`}
      </p>
    </>
  );
}

function FoundPort({
  port,
  device,
  added,
  full,
  onAdd,
}: {
  port: Port;
  device: DeviceDetail;
  added: boolean;
  full: boolean;
  onAdd: Props['onAdd'];
}): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const known = device.driverKinds.find(({ kind }) => kind === port.kind);
  const title = known?.title[language] ?? port.kind;
  const plugged = [port.name, port.usbId, port.serialNumber].filter((part) => part !== undefined).join(' · ');
  const heading = title ?? (plugged || port.port);
  return (
    <>
      <div className="found-what">
        <strong className={heading === port.port ? 'mono break' : undefined}>{heading}</strong>
        <Pill tone={tones[port.state]}>{text.states[port.state]}</Pill>
        {heading !== port.port && <span className="mono break">{port.port}</span>}
        {title !== undefined && plugged !== '' && <span className="sub">{plugged}</span>}
        <PortNote port={port} />
        {port.state === 'found' && known === undefined && <span className="sub">{text.unknownKind}</span>}
      </div>
      {port.state === 'found' && known !== undefined && (
        <div className="found-act">
          {added ? (
            <span className="muted">{text.added}</span>
          ) : (
            <Button
              small
              icon="plus"
              isDisabled={full}
              aria-label={text.addThis(known.title[language], port.port)}
              onPress={() => onAdd({ kind: known.kind, config: { port: port.port, ...port.config } })}
            >
              {text.add}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

/** Evidence and advice come from the device, in English; what they mean is said before in the reader's language. */
function PortNote({ port }: { port: Port }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const inVietnamese = language === 'vi' && port.state === 'found' ? port.evidenceVi : undefined;
  const told = inVietnamese ?? (port.state === 'found' ? port.evidence : port.state === 'in-use' ? undefined : port.note);
  const meaning =
    port.state === 'found'
      ? undefined
      : port.state === 'in-use'
        ? port.slot === undefined
          ? text.notes.inUse
          : text.slotHere(port.slot)
        : text.notes[port.state];
  return (
    <>
      {meaning !== undefined && <span className="sub">{meaning}</span>}
      {told !== undefined && (
        <span className="sub break" lang={inVietnamese === undefined ? 'en' : 'vi'}>
          {told}
        </span>
      )}
    </>
  );
}
