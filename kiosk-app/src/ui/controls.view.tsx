/** Buttons, notes and QR codes of every screen. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import { encode } from 'uqr';
import { Icon, type IconName } from './icons.view.tsx';

export function BigButton({
  kind = 'plain',
  icon,
  iconAfter,
  onPress,
  disabled = false,
  autoFocus = false,
  label,
  children,
}: {
  kind?: 'main' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  iconAfter?: IconName;
  onPress(): void;
  disabled?: boolean;
  autoFocus?: boolean;
  /** For screen readers, when the words on the button are not enough by themselves. */
  label?: string;
  children: ReactNode;
}) {
  return (
    <Button
      className={`button ${kind}`}
      onPress={onPress}
      isDisabled={disabled}
      autoFocus={autoFocus}
      {...(label === undefined ? {} : { 'aria-label': label })}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
      {iconAfter && <Icon name={iconAfter} />}
    </Button>
  );
}

/** Kind of help on or off: large text, contrast, reach. */
export function ToolToggle({
  icon,
  on,
  onChange,
  children,
}: {
  icon: IconName;
  on: boolean;
  onChange(on: boolean): void;
  children: ReactNode;
}) {
  return (
    <ToggleButton className="tool" isSelected={on} onChange={onChange}>
      <Icon name={icon} />
      <span>{children}</span>
    </ToggleButton>
  );
}

export type NoteKind = 'good' | 'info' | 'warning' | 'bad';
const noteIcons: Record<NoteKind, IconName> = { good: 'check', info: 'info', warning: 'warning', bad: 'warning' };

/** A sentence that matters. Colour never says it alone: there is an icon and the words. `urgent` is brought into sight and read out at once. */
export function Note({ kind, urgent = false, id, children }: { kind: NoteKind; urgent?: boolean; id?: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (urgent) box.current?.scrollIntoView({ block: 'nearest' });
  }, [urgent]);
  return (
    <div ref={box} className={`note ${kind}`} role={urgent ? 'alert' : 'status'} {...(id === undefined ? {} : { id })}>
      <Icon name={noteIcons[kind]} strong />
      <p>{children}</p>
    </div>
  );
}

/** Black on white with its quiet zone, also in high contrast: cameras want it so. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const path = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
