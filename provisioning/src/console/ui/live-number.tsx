import { type ReactNode, useState } from 'react';
import { useLanguage } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';

/** A number that changes by itself: each change lights up for a moment, the first value does not. */
export function LiveNumber({ value }: { value: number }): ReactNode {
  const language = useLanguage();
  const [first] = useState(value);
  const [changed, setChanged] = useState(false);
  if (!changed && value !== first) setChanged(true);
  return (
    <span key={value} className={changed ? 'live-number changed' : 'live-number'}>
      {numberText(value, language)}
    </span>
  );
}
