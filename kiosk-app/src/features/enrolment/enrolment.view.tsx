import type { AgentStatus } from '@tramhoc/protocol/local-link';
import type { ReactNode } from 'react';
import { shortDateText } from '../../ui/civil-time.ts';
import { BigButton, Note, QrCode } from '../../ui/controls.view.tsx';
import { Icon } from '../../ui/icons.view.tsx';
import { useMessages, useMonotonicMs, useScreen } from '../../ui/screen-context.view.tsx';
import { countdownText, type DeviceView, deviceView, mayRestart, type Restart } from './enrolment-machine.ts';
import { enrolmentEn } from './messages.en.ts';
import { type EnrolmentMessages, enrolmentVi } from './messages.vi.ts';

/** `agentNowMs` gives the wall time of the agent when asked. */
export function EnrolmentView({
  status,
  agentNowMs,
  restart,
  onRestart,
}: {
  status: AgentStatus;
  agentNowMs(): number;
  restart: Restart;
  onRestart(): void;
}) {
  const t = useMessages({ vi: enrolmentVi, en: enrolmentEn });
  useMonotonicMs(1_000);
  const view = deviceView(status, agentNowMs());
  return (
    <div className="device">
      <Main view={view} status={status} t={t} />
      {mayRestart(view) && <NewCode restart={restart} onRestart={onRestart} t={t} />}
      <Facts view={view} status={status} t={t} />
      <Slots status={status} t={t} />
    </div>
  );
}

function Main({ view, status, t }: { view: DeviceView; status: AgentStatus; t: EnrolmentMessages }) {
  switch (view.view) {
    case 'waiting':
      return <Code view={view} t={t} />;
    case 'enrolled':
      return (
        <div className="device-head good">
          <span className="device-mark">
            <Icon name="check" strong />
          </span>
          <div>
            <h1>{t.enrolled}</h1>
            <p className="lead">
              {status.deviceName}
              {status.siteName !== undefined && ` · ${status.siteName}`}
            </p>
          </div>
        </div>
      );
    case 'unclaimed':
      return (
        <Trouble title={t.unclaimed} hint={t.unclaimedHint}>
          {(view.message ?? view.code) !== undefined && (
            <p className="reason">{t.reason([view.code, view.message].filter(Boolean).join(': '))}</p>
          )}
        </Trouble>
      );
    case 'expired':
      return <Trouble title={t.expired} hint={t.expiredHint} />;
    case 'denied':
      return <Trouble title={t.denied} hint={t.deniedHint} />;
    case 'revoked':
      return <Trouble title={t.revoked} hint={t.revokedHint} />;
    default:
      return view satisfies never;
  }
}

function Trouble({ title, hint, children }: { title: string; hint: string; children?: ReactNode }) {
  return (
    <div className="device-head warning" role="status">
      <span className="device-mark">
        <Icon name="warning" strong />
      </span>
      <div>
        <h1>{title}</h1>
        <p className="lead">{hint}</p>
        {children}
      </div>
    </div>
  );
}

function Code({ view, t }: { view: Extract<DeviceView, { view: 'waiting' }>; t: EnrolmentMessages }) {
  return (
    <div className="enrol">
      <h1>{t.waiting}</h1>
      <ol className="enrol-steps">
        {t.waitingSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <div className="enrol-card">
        <div className="enrol-codes">
          <p className="code-label">{t.codeLabel}</p>
          <p className="user-code">{view.userCode}</p>
          <p className="code-label">{t.fingerprintLabel}</p>
          <p className="fingerprint">{view.fingerprint}</p>
          <p className={view.leftMs < 60_000 ? 'expires soon' : 'expires'}>
            {t.expiresIn} <strong>{countdownText(view.leftMs)}</strong>
          </p>
        </div>
        <figure className="enrol-qr">
          <QrCode text={view.uriComplete} label={t.qrLabel} />
          <figcaption>{t.qrHint}</figcaption>
        </figure>
      </div>
      <p className="address">{view.uri}</p>
    </div>
  );
}

function NewCode({ restart, onRestart, t }: { restart: Restart; onRestart(): void; t: EnrolmentMessages }) {
  const asking = restart.restart === 'asking' || restart.restart === 'asked';
  return (
    <div className="new-code">
      {restart.restart === 'failed' && (
        <Note kind="bad" urgent>
          {t.askFailed(restart.code)}
        </Note>
      )}
      <BigButton kind="main" icon="refresh" onPress={onRestart} disabled={asking}>
        {asking ? t.asking : t.newCode}
      </BigButton>
    </div>
  );
}

function Facts({ view, status, t }: { view: DeviceView; status: AgentStatus; t: EnrolmentMessages }) {
  const facts: [string, ReactNode][] = [[t.device, status.deviceName]];
  if (view.view === 'enrolled') {
    facts.push([t.site, status.siteName ?? view.siteId]);
    facts.push([t.deviceId, <code key="id">{view.deviceId}</code>]);
    facts.push([t.certificate, `${shortDateText(view.certificateNotAfterMs)} (${t.certificateNote[view.certificate]})`]);
    facts.push([t.broker, status.brokerConnected ? t.brokerOn : t.brokerOff]);
  }
  facts.push([t.pending, t.pendingCount(status.pendingEvents)]);
  facts.push([t.clock, t.clockQuality[status.clockQuality]]);
  facts.push([t.agentVersion, status.agentVersion]);
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div className="fact" key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Slots({ status, t }: { status: AgentStatus; t: EnrolmentMessages }) {
  const { settings } = useScreen();
  return (
    <section className="slots">
      <h2>{t.slots}</h2>
      {status.slots.length === 0 ? (
        <p className="lead">{t.noSlots}</p>
      ) : (
        <ul>
          {status.slots.map(({ slot, kind, title, state, readsCards }) => (
            <li key={slot} className={`slot ${state}`}>
              <Icon name={state === 'open' ? 'check' : state === 'lost' ? 'warning' : 'dots'} strong />
              <span className="slot-name">{slot}</span>
              <span className="slot-kind">
                {title?.[settings.language] ?? kind}
                {readsCards && ` · ${t.readsCards}`}
              </span>
              <span className="slot-state">{t.slotState[state]}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
