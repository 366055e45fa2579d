/** What is known of a device in a few words, with its age. */
import type { ReactNode } from 'react';
import type { Device } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
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
  return (
    <span className="state">
      <Pill tone={device.online ? 'ok' : 'bad'} hollow={!device.online}>
        {device.online ? text.online : text.offline}
      </Pill>
      <span className="why">{device.onlineChangedMs === null ? text.neverOnline : <Since atMs={device.onlineChangedMs} />}</span>
    </span>
  );
}

const twinTone: Record<Device['twin'], Tone> = { none: 'mute', pending: 'warn', converged: 'ok', refused: 'bad' };
export function TwinPill({ twin }: { twin: Device['twin'] }): ReactNode {
  const text = useText({ vi, en });
  return (
    <Pill tone={twinTone[twin]} hollow={twin === 'none' || twin === 'pending'}>
      {text.twin[twin]}
    </Pill>
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
