/** A text field with the on-screen keyboard under it. A real keyboard works too, by the method that is lit; both write at the caret. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import { useScreen } from '../screen-context.view.tsx';
import { OnScreenKeyboard } from './keyboard.view.tsx';
import { type Keyboard, newKeyboard, type Press, press } from './keyboard-machine.ts';

export function TypedField({
  label,
  text,
  onText,
  maxLength,
  phone = false,
  problemId,
  below,
}: {
  label: string;
  text: string;
  onText(text: string): void;
  maxLength: number;
  phone?: boolean;
  /** Id of the sentence that says what is wrong, when something is. */
  problemId: string | undefined;
  /** Between the field and the keyboard: problems, the count of characters. */
  below: React.ReactNode;
}) {
  const { keyboard, field, onPress, onWritten } = useTyping({ text, onText, maxLength, phone });
  const shared = { ref: field, className: 'typed-text', inputMode: 'none', maxLength, autoComplete: 'off', spellCheck: 'false' } as const;
  return (
    <div className={phone ? 'typed phone' : 'typed'}>
      <TextField
        className="typed-field"
        value={text}
        onChange={onWritten}
        isInvalid={problemId !== undefined}
        autoFocus
        {...(problemId === undefined ? {} : { 'aria-describedby': problemId })}
      >
        <Label className="typed-label">{label}</Label>
        {phone ? <Input {...shared} type="text" /> : <TextArea {...shared} rows={2} />}
      </TextField>
      <div className="typed-below">{below}</div>
      <OnScreenKeyboard keyboard={keyboard} onPress={onPress} phone={phone} />
    </div>
  );
}

/** Presses on the screen and keys of a real keyboard, on one text. `onPress` stays the same function for as long as the field is shown. */
function useTyping({ text, onText, maxLength, phone }: { text: string; onText(text: string): void; maxLength: number; phone: boolean }) {
  const { settings } = useScreen();
  const [keyboard, setKeyboard] = useState<Keyboard>(() => newKeyboard(phone ? 'numeric' : settings.language === 'vi' ? 'telex' : 'plain'));
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  /** Where the caret goes after React has written the text. */
  const caretAfter = useRef<number | undefined>(undefined);
  const now = useRef({ text, keyboard, onText });
  now.current = { text, keyboard, onText };
  useLayoutEffect(() => {
    const caret = caretAfter.current;
    caretAfter.current = undefined;
    if (caret === undefined || field.current === null) return;
    field.current.setSelectionRange(caret, caret);
    // The caret stays in sight when the text is longer than the field.
    if (caret === text.length) field.current.scrollTop = field.current.scrollHeight;
  }, [text]);
  const onPress = useCallback(
    (pressed: Press) => {
      const { selectionStart, selectionEnd } = field.current ?? { selectionStart: null, selectionEnd: null };
      const { text: before, keyboard: keys } = now.current;
      const from = selectionStart ?? before.length;
      const to = Math.max(from, selectionEnd ?? from);
      const cleared = before.slice(0, from) + before.slice(to);
      const changing = pressed.press === 'char' || pressed.press === 'tone';
      const start = to > from && changing ? { text: cleared, caret: from } : { text: before, caret: to };
      const after =
        to > from && pressed.press === 'backspace'
          ? { typed: { text: cleared, caret: from }, keyboard: { ...keys, literal: false } }
          : press(start, keys, pressed, { maxLength });
      now.current = { ...now.current, text: after.typed.text, keyboard: after.keyboard };
      setKeyboard(after.keyboard);
      field.current?.focus({ preventScroll: true });
      if (after.typed.text === before) return;
      caretAfter.current = after.typed.caret;
      now.current.onText(after.typed.text);
    },
    [maxLength],
  );
  useEffect(() => {
    const input = field.current;
    // one letter of a real keyboard; what a system's own method composes, or pastes, is taken as it comes
    const compose = (event: InputEvent): void => {
      const { layout } = now.current.keyboard;
      if (layout !== 'telex' && layout !== 'direct') return;
      if (event.inputType !== 'insertText' || event.isComposing || !/^[a-z]$/i.test(event.data ?? '')) return;
      event.preventDefault();
      onPress({ press: 'char', char: event.data! });
    };
    input?.addEventListener('beforeinput', compose);
    return () => input?.removeEventListener('beforeinput', compose);
  }, [onPress]);
  const onWritten = (written: string): void => {
    setKeyboard((keys) => ({ ...keys, literal: false }));
    onText(written.normalize('NFC'));
  };
  return { keyboard, field, onPress, onWritten };
}
