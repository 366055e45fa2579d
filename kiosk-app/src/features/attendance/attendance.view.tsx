import { clockText, clockTextWithSeconds } from '../../ui/civil-time.ts';
import { Note } from '../../ui/controls.view.tsx';
import { Icon, type IconName } from '../../ui/icons.view.tsx';
import { useMessages } from '../../ui/screen-context.view.tsx';
import { maskedName, type Tap } from './attendance-machine.ts';
import { attendanceEn } from './messages.en.ts';
import { type AttendanceMessages, attendanceVi } from './messages.vi.ts';

/** `reader`: whether a tap could be heard now. */
export function AttendanceView({ taps, reader }: { taps: readonly Tap[]; reader: 'ready' | 'missing' | 'agent-away' }) {
  const t = useMessages({ vi: attendanceVi, en: attendanceEn });
  const [newest, ...recent] = taps;
  return (
    <div className="attendance">
      <h1 className={newest ? 'small-title' : 'screen-title'}>{t.title}</h1>
      {/* One region that stays, so that a screen reader says what changes in it. */}
      <div className="tap-stage" aria-live="assertive" aria-atomic="true">
        {newest ? <BigTap key={newest.key} tap={newest} t={t} /> : <Prompt t={t} reader={reader} />}
      </div>
      {recent.length > 0 && (
        <section className="recent" aria-label={t.recent}>
          <h2>{t.recent}</h2>
          <ul>
            {recent.map((tap) => (
              <li key={tap.key} className={`recent-tap ${toneOf(tap)}`}>
                <Icon name={iconOf(tap)} strong />
                <span>{shortOf(tap, t)}</span>
                {tap.result === 'accepted' && <time>{clockText(tap.wallMs)}</time>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** The newest tap on top of another screen: somebody tapped while somebody else writes. */
export function TapBanner({ taps }: { taps: readonly Tap[] }) {
  const t = useMessages({ vi: attendanceVi, en: attendanceEn });
  const [newest] = taps;
  return (
    <div className="tap-banner" data-react-aria-top-layer="true" aria-live="assertive" aria-atomic="true">
      {newest && (
        <div className={`tap-banner-card ${toneOf(newest)}`} key={newest.key}>
          <Icon name={iconOf(newest)} strong />
          <p>
            <strong>{titleOf(newest, t)}</strong>
            {newest.result === 'accepted' && <time>{clockTextWithSeconds(newest.wallMs)}</time>}
          </p>
        </div>
      )}
    </div>
  );
}

function Prompt({ t, reader }: { t: AttendanceMessages; reader: 'ready' | 'missing' | 'agent-away' }) {
  return (
    <div className="tap-prompt">
      <div className={reader === 'ready' ? 'tap-picture' : 'tap-picture still'} aria-hidden="true">
        <span className="ring" />
        <span className="ring second" />
        <Icon name="card" />
      </div>
      <p className="tap-ask">{t.prompt}</p>
      {reader === 'ready' ? (
        <p className="lead">{t.hint}</p>
      ) : (
        <Note kind="warning">{reader === 'missing' ? t.noReader : t.agentAway}</Note>
      )}
    </div>
  );
}

function BigTap({ tap, t }: { tap: Tap; t: AttendanceMessages }) {
  return (
    <div className={`big-tap ${toneOf(tap)}`}>
      <div className="big-tap-mark" aria-hidden="true">
        <Icon name={iconOf(tap)} strong />
      </div>
      <p className="big-tap-title">
        {tap.result === 'accepted' && tap.who?.result === 'known' ? (
          <>
            {t.hello} <span className="big-tap-name">{tap.who.name}</span>
          </>
        ) : (
          titleOf(tap, t)
        )}
      </p>
      {tap.result === 'accepted' && tap.who?.result === 'known' && <p className="big-tap-group">{t.group(tap.who.group)}</p>}
      {tap.result === 'accepted' && (
        <p className="big-tap-time">
          {tap.who?.result === 'known' && <span>{t.accepted}</span>}
          <time>{clockTextWithSeconds(tap.wallMs)}</time>
        </p>
      )}
      <p className="big-tap-hint">{hintOf(tap, t)}</p>
    </div>
  );
}

type Tone = 'good' | 'warning' | 'info' | 'bad';
function toneOf(tap: Tap): Tone {
  switch (tap.result) {
    case 'accepted':
      return tap.who?.result === 'unknown' ? 'warning' : 'good';
    case 'repeated':
      return 'info';
    case 'refused':
      return 'bad';
    default:
      return tap satisfies never;
  }
}

function iconOf(tap: Tap): IconName {
  return ({ good: 'check', warning: 'warning', info: 'info', bad: 'warning' } as const)[toneOf(tap)];
}

function titleOf(tap: Tap, t: AttendanceMessages): string {
  if (tap.result === 'repeated') return t.repeated;
  if (tap.result === 'refused') return t.refused;
  if (tap.who?.result === 'known') return `${t.hello} ${tap.who.name}`;
  return tap.who?.result === 'unknown' ? t.unknown : t.accepted;
}

function hintOf(tap: Tap, t: AttendanceMessages): string {
  if (tap.result === 'repeated') return t.repeatedHint;
  if (tap.result === 'refused') return t.refusedHint;
  if (tap.who === undefined) return t.looking;
  return { known: '', unknown: t.unknownHint, offline: t.offline }[tap.who.result];
}

function shortOf(tap: Tap, t: AttendanceMessages): string {
  if (tap.result !== 'accepted' || tap.who?.result !== 'known') return titleOf(tap, t);
  return `${maskedName(tap.who.name)} · ${tap.who.group}`;
}
