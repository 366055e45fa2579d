/** Our own on-screen keyboard: no system keyboard of a public kiosk knows Telex, and none forgets what was typed. */
import { memo } from 'react';
import { Button } from 'react-aria-components';
import { Icon } from '../icons.view.tsx';
import { uiEn } from '../messages.en.ts';
import { type UiMessages, uiVi } from '../messages.vi.ts';
import { useMessages } from '../screen-context.view.tsx';
import { type Key, keyRows, phoneRows } from './key-rows.ts';
import type { Keyboard, Layout, Press } from './keyboard-machine.ts';

export const OnScreenKeyboard = memo(function OnScreenKeyboard({
  keyboard,
  onPress,
  phone = false,
}: {
  keyboard: Keyboard;
  /** Must stay the same function from one rendering to the next. */
  onPress(pressed: Press): void;
  phone?: boolean;
}) {
  const t = useMessages({ vi: uiVi, en: uiEn });
  const rows = phone ? phoneRows : keyRows[keyboard.layout];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of keys is no fieldset of a form
    <div className={phone ? 'keyboard phone-pad' : 'keyboard'} role="group" aria-label={t.keyboard}>
      {!phone && <Methods layout={keyboard.layout} onPress={onPress} t={t} />}
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows never move
        <div className="key-row" key={at}>
          {row.map((key) => (
            <KeyCap
              key={key.key === 'char' ? key.char : key.key === 'tone' ? key.tone : key.key}
              keyDef={key}
              keyboard={keyboard}
              onPress={onPress}
              t={t}
            />
          ))}
        </div>
      ))}
    </div>
  );
});

function Methods({ layout, onPress, t }: { layout: Layout; onPress(pressed: Press): void; t: UiMessages }) {
  const methods = ['telex', 'direct', 'plain'] as const;
  const shown = layout === 'numeric' ? undefined : layout;
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    <div className="methods" role="group" aria-label={t.method}>
      {methods.map((one) => (
        <Button
          key={one}
          className="method"
          preventFocusOnPress
          aria-pressed={one === shown}
          onPress={() => onPress({ press: 'layout', layout: one })}
        >
          {t.layouts[one]}
        </Button>
      ))}
      <p className="method-hint">{shown && t.layoutHints[shown]}</p>
    </div>
  );
}

function KeyCap({ keyDef, keyboard, onPress, t }: { keyDef: Key; keyboard: Keyboard; onPress(pressed: Press): void; t: UiMessages }) {
  const upper = keyboard.shift !== 'off';
  switch (keyDef.key) {
    case 'char': {
      const face = upper ? keyDef.char.toUpperCase() : keyDef.char;
      return cap({ wide: 2, kind: 'letter', onPress: () => onPress({ press: 'char', char: keyDef.char }), children: face });
    }
    case 'tone':
      return cap({
        wide: 2,
        kind: 'tone',
        label: t.tones[keyDef.tone as keyof typeof t.tones],
        onPress: () => onPress({ press: 'tone', tone: keyDef.tone }),
        children: <span lang="vi">{keyDef.face}</span>,
      });
    case 'space':
      return cap({ wide: keyDef.wide, kind: 'space', onPress: () => onPress({ press: 'char', char: ' ' }), children: t.space });
    case 'enter':
      return cap({
        wide: keyDef.wide,
        kind: 'work',
        label: t.enter,
        onPress: () => onPress({ press: 'char', char: '\n' }),
        children: <Icon name="enter" />,
      });
    case 'backspace':
      return cap({
        wide: keyDef.wide,
        kind: 'work',
        label: t.backspace,
        onPress: () => onPress({ press: 'backspace' }),
        children: <Icon name="backspace" />,
      });
    case 'shift':
      return cap({
        wide: keyDef.wide,
        kind: keyboard.shift === 'locked' ? 'work locked' : upper ? 'work pressed' : 'work',
        label: t.shift[keyboard.shift],
        onPress: () => onPress({ press: 'shift' }),
        children: <Icon name="shift" />,
      });
    case 'numbers':
      return cap({
        wide: keyDef.wide,
        kind: 'work',
        label: t.numbers,
        onPress: () => onPress({ press: 'layout', layout: 'numeric' }),
        children: '123',
      });
    case 'letters':
      return cap({
        wide: keyDef.wide,
        kind: 'work',
        label: t.letters,
        onPress: () => onPress({ press: 'layout', layout: 'telex' }),
        children: 'abc',
      });
    default:
      return keyDef satisfies never;
  }
}

/** Fires when the finger comes down: a keyboard that waits for the finger to leave feels broken. The text field keeps the focus. */
function cap({
  wide,
  kind,
  label,
  onPress,
  children,
}: {
  wide: number;
  kind: string;
  label?: string;
  onPress(): void;
  children: React.ReactNode;
}) {
  return (
    <Button
      className={`key ${kind} w${wide}`}
      preventFocusOnPress
      onPressStart={onPress}
      {...(label === undefined ? {} : { 'aria-label': label })}
    >
      {children}
    </Button>
  );
}
