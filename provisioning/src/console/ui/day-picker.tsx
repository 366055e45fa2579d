/** One day, `2026-11-23`: a step back, a step on, today, or the browser's own calendar. */
import { type ReactNode, useRef } from 'react';
import { useLanguage, useText } from '../language/language.tsx';
import { dayOf, dayPlus, longDayText } from '../language/time-text.ts';
import { useNow } from '../page-context.tsx';
import { Button, IconButton } from './button.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function DayPicker({ day, onChange }: { day: string; onChange(day: string): void }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const today = dayOf(useNow(60_000));
  const native = useRef<HTMLInputElement>(null);
  return (
    <div className="day-picker">
      <IconButton icon="left" label={text.previousDay} onPress={() => onChange(dayPlus(day, -1))} />
      <span className="day-native">
        <Button
          look="quiet"
          icon="calendar"
          aria-label={`${text.chooseDay}: ${longDayText(day, language)}`}
          onPress={() => native.current?.showPicker()}
        >
          {longDayText(day, language)}
        </Button>
        <input
          ref={native}
          type="date"
          tabIndex={-1}
          aria-hidden="true"
          value={day}
          max={today}
          onChange={({ target }) => {
            if (target.value !== '') onChange(target.value);
          }}
        />
      </span>
      <IconButton icon="right" label={text.nextDay} isDisabled={day >= today} onPress={() => onChange(dayPlus(day, 1))} />
      {day !== today && (
        <Button small onPress={() => onChange(today)}>
          {text.today}
        </Button>
      )}
    </div>
  );
}
