/** The language of the screen. Texts lie beside their feature in messages.vi.ts and messages.en.ts, whose keys the compiler holds equal. */
import { createContext, useContext } from 'react';

export type Language = 'vi' | 'en';
export const localeOf = (language: Language): string => (language === 'vi' ? 'vi-VN' : 'en-GB');

/** Changing the language loads the page anew: react-aria reads its own strings once, at the start. */
export type LanguageChoice = { language: Language; choose(language: Language): void };
export const LanguageContext = createContext<LanguageChoice>({ language: 'vi', choose: () => {} });

export const useLanguage = (): Language => useContext(LanguageContext).language;

/** The texts of a feature in the language of the screen. */
export function useText<Texts>(both: { vi: Texts; en: Texts }): Texts {
  return both[useLanguage()];
}
