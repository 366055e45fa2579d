/** Builds the parts of the console once and hands them down. */
import './styles/fonts.css';
import './styles/theme.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/content.css';
import './styles/tables.css';
import './styles/overlays.css';
import './sites/sites.css';
import './devices/devices.css';
import './enrolment/enrolment.css';
import './attendance/attendance.css';
import './air/air.css';
import './events/events.css';
import './feedback/feedback.css';
import './styles/print.css';
import { StrictMode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/ask.ts';
import { attendedFetch } from './api/attended-fetch.ts';
import { App } from './app.tsx';
import { draftStore } from './devices/draft-store.ts';
import { provideAriaStrings } from './language/aria-strings.ts';
import { LanguageContext, localeOf } from './language/language.tsx';
import { browserClock } from './page-clock.ts';
import { PageContext } from './page-context.tsx';
import { applyTheme, preferenceStore } from './preferences.ts';
import type { LeaveGuard } from './routing/leave-guard.ts';
import { NavigationProvider } from './routing/navigation.tsx';
import type { SessionSignal } from './session/session.tsx';

function storageOf(view: Window, kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return view[kind];
  } catch {
    return undefined;
  }
}

const preferences = preferenceStore(storageOf(window, 'localStorage'));
const { language, theme } = preferences.read();
applyTheme(theme, window);
document.documentElement.lang = language;
provideAriaStrings(language, window);

const clock = browserClock();
const signal: SessionSignal = { listen: undefined };
const fetch = attendedFetch({ clock, page: window, fetch: window.fetch.bind(window) });
const api = createApi({ clock, fetch, onSession: (code) => signal.listen?.(code) });
const drafts = draftStore(storageOf(window, 'sessionStorage'));
const guard: LeaveGuard = { ask: undefined };
window.addEventListener('beforeunload', (event) => {
  if (guard.ask !== undefined) event.preventDefault();
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <I18nProvider locale={localeOf(language)}>
      <LanguageContext
        value={{
          language,
          choose(next) {
            preferences.write({ language: next });
            // drafts outlive this
            guard.ask = undefined;
            window.location.reload();
          },
        }}
      >
        <PageContext value={{ clock, api, preferences, drafts, guard }}>
          <NavigationProvider>
            <App signal={signal} />
          </NavigationProvider>
        </PageContext>
      </LanguageContext>
    </I18nProvider>
  </StrictMode>,
);
