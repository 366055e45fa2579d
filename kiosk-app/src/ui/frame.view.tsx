/** What stands around every screen: the site and the time above, help, state and display switches below. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import type { LinkState } from '../features/home/home-machine.ts';
import { clockText, type Language, longDateText } from './civil-time.ts';
import { ToolToggle } from './controls.view.tsx';
import { Icon } from './icons.view.tsx';
import { uiEn } from './messages.en.ts';
import { uiVi } from './messages.vi.ts';
import { useMessages, useMonotonicMs, useScreen } from './screen-context.view.tsx';
import type { Settings } from './settings.ts';

export function Frame({
  siteName,
  wallNowMs,
  link,
  onHome,
  onSettings,
  page,
  children,
}: {
  siteName: string;
  /** Names what is shown: a new page starts at its top, and the focus does not stay on a button that is gone. */
  page: string;
  /** Wall time for people, when asked. */
  wallNowMs(): number;
  link: LinkState | undefined;
  /** Without it the home button is not shown: this is home. */
  onHome: (() => void) | undefined;
  onSettings(settings: Settings): void;
  children: ReactNode;
}) {
  const t = useMessages({ vi: uiVi, en: uiEn });
  const { settings } = useScreen();
  const main = useRef<HTMLElement>(null);
  const focused = useRef<Element>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of the page that counts
  useEffect(() => {
    if (main.current === null) return;
    main.current.scrollTop = 0;
    const lost = focused.current !== undefined && !focused.current.isConnected && document.activeElement === document.body;
    if (lost) main.current.focus({ preventScroll: true });
  }, [page]);
  return (
    <div className="frame">
      <header className="frame-head">
        <div className="brand">
          <Emblem />
          <p>{siteName}</p>
        </div>
        <ClockFace wallNowMs={wallNowMs} />
        <div className="head-buttons">
          {onHome && (
            <Button className="button home-button" onPress={onHome}>
              <Icon name="home" />
              <span>{t.home}</span>
            </Button>
          )}
          <LanguageSwitch language={settings.language} onChange={(language) => onSettings({ ...settings, language })} />
        </div>
      </header>
      {/* Pages without a button of their own are scrolled by the arrow keys once they have the focus. */}
      <main
        className="frame-main"
        ref={main}
        onFocus={(event) => {
          focused.current = event.target;
        }}
        tabIndex={page === 'device' || page === 'attendance' ? 0 : -1}
      >
        {children}
      </main>
      <Foot link={link} onSettings={onSettings} />
    </div>
  );
}

function Foot({ link, onSettings }: { link: LinkState | undefined; onSettings(settings: Settings): void }) {
  const t = useMessages({ vi: uiVi, en: uiEn });
  const { settings } = useScreen();
  return (
    <footer className="frame-foot">
      <div className="foot-lines">
        {link && <LinkLine link={link} text={t.link[link]} />}
        <p className="help-line">
          <Icon name="help" />
          <span>{t.help}</span>
        </p>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid area in the oldest engine we serve */}
      <div className="tools" role="group" aria-label={t.tools}>
        <ToolToggle icon="text" on={settings.largeText} onChange={(largeText) => onSettings({ ...settings, largeText })}>
          {t.largeText}
        </ToolToggle>
        <ToolToggle icon="contrast" on={settings.highContrast} onChange={(highContrast) => onSettings({ ...settings, highContrast })}>
          {t.highContrast}
        </ToolToggle>
        <div className="reach-tool">
          <ToolToggle icon="reach" on={settings.reach} onChange={(reach) => onSettings({ ...settings, reach })}>
            {t.reach}
          </ToolToggle>
        </div>
      </div>
    </footer>
  );
}

function LinkLine({ link, text }: { link: LinkState; text: string }) {
  return (
    <p className={`link-line ${link}`} role="status">
      <Icon name={link === 'online' ? 'online' : 'offline'} />
      <span>{text}</span>
    </p>
  );
}

function ClockFace({ wallNowMs }: { wallNowMs(): number }) {
  const { settings } = useScreen();
  useMonotonicMs(1_000);
  const nowMs = wallNowMs();
  return (
    <div className="clock">
      <time className="clock-time">{clockText(nowMs)}</time>
      <p className="clock-date">{longDateText(nowMs, settings.language)}</p>
    </div>
  );
}

/** Each language by its own name, marked with its own lang, so that a screen reader says it right. */
const languageNames: Record<Language, string> = { vi: 'Tiếng Việt', en: 'English' };

function LanguageSwitch({ language, onChange }: { language: Language; onChange(language: Language): void }) {
  const t = useMessages({ vi: uiVi, en: uiEn });
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    <div className="language" role="group" aria-label={t.language}>
      {(['vi', 'en'] as const).map((one) => (
        <Button key={one} className="language-choice" aria-pressed={one === language} onPress={() => onChange(one)}>
          <span lang={one}>{languageNames[one]}</span>
        </Button>
      ))}
    </div>
  );
}

/** An open book under a rising sun. */
export function Emblem() {
  return (
    <svg className="emblem" viewBox="0 0 48 48" aria-hidden="true">
      <circle className="emblem-sun" cx="24" cy="19" r="9.5" />
      <path className="emblem-left" d="M24 25c-4-4-10-5.5-19-5.5V38c9 0 15 1.5 19 5V25z" />
      <path className="emblem-right" d="M24 25c4-4 10-5.5 19-5.5V38c-9 0-15 1.5-19 5V25z" />
    </svg>
  );
}
