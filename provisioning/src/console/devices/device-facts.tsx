/** Who the device is and whether it is there: the narrow column at the left. */
import type { ReactNode } from 'react';
import type { Device } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateText, dateTimeText, daysUntil } from '../language/time-text.ts';
import { useNow } from '../page-context.tsx';
import { Panel } from '../ui/page-head.tsx';
import { certificateWarningMs } from './device-list.ts';
import { Ago, ClockText, LastEvent, neverConnected } from './device-state.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function DeviceFacts({ device }: { device: Device }): ReactNode {
  const all = useText({ vi, en });
  const { identity: text, presence } = all;
  return (
    <div className="stack sticky">
      <Panel title={presence.title}>
        <dl className="facts">
          <dt>{presence.state}</dt>
          <dd>
            {device.state === 'revoked'
              ? all.revoked
              : neverConnected(device)
                ? all.neverConnected
                : device.online
                  ? all.online
                  : all.offline}
          </dd>
          <dt>{presence.changed}</dt>
          <dd>{device.onlineChangedMs === null ? '–' : <Ago atMs={device.onlineChangedMs} />}</dd>
          <dt>{presence.last}</dt>
          <dd>
            <LastEvent device={device} />
          </dd>
          <dt>{presence.clock}</dt>
          <dd>
            <ClockText quality={device.clockQuality} />
            {device.clockQuality !== null && <span className="sub">{all.clockHelp[device.clockQuality]}</span>}
          </dd>
        </dl>
      </Panel>
      <Panel title={text.title}>
        <dl className="facts">
          <dt>{text.fingerprint}</dt>
          <dd className="mono fingerprint-small">{device.fingerprint || <span className="muted">–</span>}</dd>
          <dt>{text.certificate}</dt>
          <dd>
            <Certificate device={device} />
          </dd>
          <dt>{text.enrolled}</dt>
          <dd>{dateTimeText(device.enrolledMs)}</dd>
          <dt>{text.role}</dt>
          <dd>{all.roles[device.role]}</dd>
          {device.role === 'agent' && <Computer device={device} />}
          <dt>{text.id}</dt>
          <dd className="mono break">{device.deviceId}</dd>
        </dl>
      </Panel>
    </div>
  );
}

/** A site's broker tells nothing of its computer. */
function Computer({ device }: { device: Device }): ReactNode {
  const { identity: text } = useText({ vi, en });
  return (
    <>
      <dt>{text.model}</dt>
      <dd>{device.model || <span className="muted">{text.unknown}</span>}</dd>
      <dt>{text.serial}</dt>
      <dd className="mono">{device.serial || <span className="muted">{text.unknown}</span>}</dd>
      <dt>{text.os}</dt>
      <dd>{device.os || <span className="muted">{text.unknown}</span>}</dd>
      <dt>{text.agent}</dt>
      <dd className="mono">{device.agentVersion || <span className="muted">{text.unknown}</span>}</dd>
    </>
  );
}

function Certificate({ device }: { device: Device }): ReactNode {
  const { identity: text } = useText({ vi, en });
  const language = useLanguage();
  const nowMs = useNow(60_000);
  const { certificateNotAfterMs: end, certificateSerial } = device;
  if (end === null) return <span className="muted">{text.none}</span>;
  const days = daysUntil(end, nowMs);
  return (
    <>
      <span className={end - nowMs < certificateWarningMs ? 'warn-text' : undefined}>
        {days < 0 ? text.expired : text.daysLeft(numberText(days, language))}
      </span>{' '}
      <span className="sub">{text.until(dateText(end))}</span>
      {certificateSerial !== null && <span className="sub mono break">{certificateSerial}</span>}
    </>
  );
}
