/** Who sent a form that is not right goes on where it is wrong, by keyboard and with a screen reader. */
import { type RefObject, useEffect, useRef, useState } from 'react';

/** `form`: for the form. `toFault`: after what is wrong was marked, puts the focus on the first such field. */
export function useFaultFocus(): { form: RefObject<HTMLFormElement | null>; toFault(): void } {
  const form = useRef<HTMLFormElement>(null);
  const [sent, setSent] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once each time, when the marks are on the page
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .field[data-invalid] button')?.focus();
  }, [sent]);
  return { form, toFault: () => setSent((times) => times + 1) };
}
