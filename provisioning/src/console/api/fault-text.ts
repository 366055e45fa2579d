/** A fault as a sentence that says what to do next, in the language of the screen. */

import { type Language, useLanguage } from '../language/language.tsx';
import { countdownText } from '../language/time-text.ts';
import type { Fault } from './ask.ts';
import { en } from './fault-messages.en.ts';
import { vi } from './fault-messages.vi.ts';

export function faultText(fault: Fault, language: Language): string {
  const text = language === 'vi' ? vi : en;
  if (fault.kind !== 'problem') return text[fault.kind];
  const { code, detail, retryAfterS } = fault.problem;
  if (retryAfterS !== undefined && code === 'SIGN_IN_LOCKED') return text.lockedFor(countdownText(retryAfterS * 1_000));
  if (retryAfterS !== undefined && code === 'RATE_LIMITED') return text.waitFor(retryAfterS);
  return text.codes[code] ?? detail;
}

export const useFaultText = (fault: Fault | undefined): string | undefined => {
  const language = useLanguage();
  return fault === undefined ? undefined : faultText(fault, language);
};

export const codeOf = (fault: Fault | undefined): string | undefined => (fault?.kind === 'problem' ? fault.problem.code : undefined);
