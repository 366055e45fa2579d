/** What a person chose on this browser: language and theme. A browser that keeps nothing (private mode, full disk) still works. */
import type { Language } from './language/language.tsx';

export type Theme = 'system' | 'light' | 'dark';
/** `signedIn`: somebody was, so it is worth asking who; it spares a stranger's browser a refused request. */
export type Preferences = { language: Language; theme: Theme; signedIn: boolean };
export type PreferenceStore = { read(): Preferences; write(change: Partial<Preferences>): void };

const themes: readonly Theme[] = ['system', 'light', 'dark'];

export function preferenceStore(storage: Storage | undefined): PreferenceStore {
  const get = (key: string): string | null => {
    try {
      return storage?.getItem(`tramhoc.${key}`) ?? null;
    } catch {
      return null;
    }
  };
  return {
    read: () => ({
      language: get('language') === 'en' ? 'en' : 'vi',
      theme: themes.find((theme) => theme === get('theme')) ?? 'system',
      signedIn: get('signedIn') === 'true',
    }),
    write(change) {
      for (const [key, value] of Object.entries(change)) {
        try {
          storage?.setItem(`tramhoc.${key}`, String(value));
        } catch {
          // the choice holds until the page is closed
        }
      }
    },
  };
}

/** Puts the theme on <html>; `system` follows the computer, also when it changes later. */
export function applyTheme(theme: Theme, view: Window): void {
  const dark = view.matchMedia('(prefers-color-scheme: dark)');
  const show = (isDark: boolean): void => {
    view.document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
  };
  dark.onchange = theme === 'system' ? ({ matches }) => show(matches) : null;
  show(theme === 'system' ? dark.matches : theme === 'dark');
}
