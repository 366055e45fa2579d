/** What is known of a device in a few words, with its age. */
import type { ReactNode } from 'react';
import type { Device } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { agoText, dateTimeText } from '../language/time-text.ts';
import { useNow } from '../page-context.tsx';
import { Pill, type Tone } from '../ui/pill.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function Ago({ atMs }: { atMs: number }): ReactNode {
  const language = useLanguage();
  const nowMs = useNow(5_000);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={dateTimeText(atMs)}>
      {agoText({ atMs, nowMs }, language)}
    </time>
  );
}

/** Younger than this is "just now", which takes no "since". */
const sinceFromMs = 5_500;

function Since({ atMs }: { atMs: number }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const nowMs = useNow(5_000);
  return (
    <span title={dateTimeText(atMs)}>
      {nowMs - atMs < sinceFromMs ? agoText({ atMs, nowMs }, language) : text.since(agoText({ atMs, nowMs }, language))}
    </span>
  );
}

/** Nothing was ever heard of it: it is not set up yet, and nothing is wrong with it. */
export const neverConnected = ({ online, onlineChangedMs, lastEventMs }: Device): boolean =>
  !online && onlineChangedMs === null && lastEventMs === null;

export function DeviceState({ device }: { device: Device }): ReactNode {
  const text = useText({ vi, en });
  if (device.state === 'revoked')
    return (
      <span className="state">
        <Pill tone="mute" hollow>
          {text.revoked}
        </Pill>
        {device.revokedMs !== null && (
          <span className="why">
            <Ago atMs={device.revokedMs} />
          </span>
        )}
      </span>
    );
  if (neverConnected(device))
    return (
      <span className="state">
        <Pill tone="mute" hollow>
          {text.neverConnected}
        </Pill>
      </span>
    );
  return (
    <span className="state">
      <Pill tone={device.online ? 'ok' : 'bad'} hollow={!device.online}>
        {device.online ? text.online : text.offline}
      </Pill>
      {device.onlineChangedMs !== null && (
        <span className="why">
          <Since atMs={device.onlineChangedMs} />
        </span>
      )}
    </span>
  );
}

/** Hardware that somebody has to look at. What an offline device told last is not news. */
export function HardwarePills({ device }: { device: Device }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  if (!device.online || device.lostSlotCount + device.faultCount === 0) return null;
  return (
    <span className="state wraps">
      {device.lostSlotCount > 0 && <Pill tone="bad">{text.lostSlots(numberText(device.lostSlotCount, language))}</Pill>}
      {device.faultCount > 0 && <Pill tone="warn">{text.faults(numberText(device.faultCount, language))}</Pill>}
    </span>
  );
}

const twinTone: Record<Device['twin'], Tone> = { none: 'mute', pending: 'warn', converged: 'ok', refused: 'bad' };
/** What an offline device reported last has no colour of the present. */
export function TwinPill({ device: { twin, online } }: { device: Device }): ReactNode {
  const text = useText({ vi, en });
  return (
    <Pill tone={online ? twinTone[twin] : 'mute'} hollow={!online || twin === 'none' || twin === 'pending'}>
      {text.twin[twin]}
    </Pill>
  );
}

/** In a list: site brokers have no configuration, and that of a revoked device is nobody's concern any more. */
export function TwinCell({ device }: { device: Device }): ReactNode {
  if (device.role === 'broker' || device.state === 'revoked') return <span className="muted">–</span>;
  return (
    <span className="state wraps">
      <TwinPill device={device} />
    </span>
  );
}

export function ClockText({ quality }: { quality: Device['clockQuality'] }): ReactNode {
  const text = useText({ vi, en });
  if (quality === null) return <span className="muted">–</span>;
  return (
    <span className={quality === 'unknown' ? 'warn-text' : undefined} title={text.clockHelp[quality]}>
      {text.clock[quality]}
    </span>
  );
}

export function LastEvent({ device }: { device: Device }): ReactNode {
  const text = useText({ vi, en });
  return device.lastEventMs === null ? <span className="muted">{text.noEvent}</span> : <Ago atMs={device.lastEventMs} />;
}
