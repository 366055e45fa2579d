/** A state in one word with a dot or an icon: colour is never the only sign. */
import type { ReactNode } from 'react';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'mute';
export function Pill({ tone, children, hollow = false }: { tone: Tone; children: ReactNode; hollow?: boolean }): ReactNode {
  return (
    <span className={`pill ${tone}`}>
      <span className={hollow ? 'dot hollow' : 'dot'} aria-hidden="true" />
      {children}
    </span>
  );
}

/** A number that matters with what it counts. */
export function Figure({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: Tone }): ReactNode {
  return (
    <div className={`figure${tone === undefined ? '' : ` ${tone}`}`}>
      <dt>{label}</dt>
      <dd>
        <span className="figure-value">{value}</span>
        {note !== undefined && <span className="figure-note">{note}</span>}
      </dd>
    </div>
  );
}
