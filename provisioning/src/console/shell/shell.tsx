/** The frame around every page: navigation at the left (a drawer on a phone), the live indicator, language, theme, sign-out. */
import { type ReactNode, useContext, useEffect, useState } from 'react';
import { Link } from 'react-aria-components';
import { useLiveState } from '../api/live.tsx';
import { LanguageContext, useText } from '../language/language.tsx';
import { usePage } from '../page-context.tsx';
import { applyTheme, type Theme } from '../preferences.ts';
import { leaving } from '../routing/leave-guard.ts';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import type { PageName } from '../routing/page-address.ts';
import { useSession } from '../session/session.tsx';
import { IconButton } from '../ui/button.tsx';
import { Icon, type IconName, Mark } from '../ui/icon.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { useWaitingCount } from './waiting-count.ts';

type NavPage = Exclude<PageName, 'site' | 'device' | 'unknown'>;
const groups: { name: 'run' | 'data' | 'settings'; pages: { page: NavPage; icon: IconName }[] }[] = [
  {
    name: 'run',
    pages: [
      { page: 'sites', icon: 'site' },
      { page: 'devices', icon: 'device' },
      { page: 'enrolment', icon: 'enrol' },
    ],
  },
  {
    name: 'data',
    pages: [
      { page: 'attendance', icon: 'attendance' },
      { page: 'air', icon: 'air' },
      { page: 'events', icon: 'event' },
      { page: 'feedback', icon: 'feedback' },
    ],
  },
  { name: 'settings', pages: [{ page: 'tokens', icon: 'key' }] },
];
const homeOf: Partial<Record<PageName, NavPage>> = { site: 'sites', device: 'devices' };

export function Shell({ children }: { children: ReactNode }): ReactNode {
  const text = useText({ vi, en });
  const { address } = useNavigation();
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when the page changes
  useEffect(() => setOpen(false), [address.page]);
  useEffect(() => {
    if (!open) return;
    const close = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') setOpen(false);
    };
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, [open]);
  const here = homeOf[address.page.page] ?? address.page.page;
  const waiting = useWaitingCount();
  return (
    <div className="shell" data-menu={open ? 'open' : 'closed'}>
      <a className="skip" href="#content">
        {text.skip}
      </a>
      <header className="topbar">
        <IconButton icon={open ? 'close' : 'menu'} label={open ? text.closeMenu : text.openMenu} onPress={() => setOpen(!open)} />
        <Mark size={26} />
        <span className="brand-name">{text.product}</span>
        <LiveIndicator />
      </header>
      <aside className="side">
        <Link className="brand" href={linkTo({ page: 'sites' })}>
          <Mark size={30} />
          <span className="brand-name">{text.product}</span>
        </Link>
        <nav aria-label={text.navigation}>
          {groups.map((group) => (
            <div key={group.name} className="nav-group">
              <p className="nav-title">{text.groups[group.name]}</p>
              <ul>
                {group.pages.map(({ page, icon }) => (
                  <li key={page}>
                    <Link className="nav-link" href={linkTo({ page })} {...(here === page && { 'aria-current': 'page' })}>
                      <Icon name={icon} />
                      <span>{text.nav[page]}</span>
                      {page === 'enrolment' && waiting > 0 && (
                        <span className="badge">
                          <span aria-hidden="true">{waiting}</span>
                          <span className="visually-hidden">{text.waiting(waiting)}</span>
                        </span>
                      )}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <SideFoot />
      </aside>
      {open && <button type="button" className="scrim" aria-label={text.closeMenu} onClick={() => setOpen(false)} />}
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function LiveIndicator(): ReactNode {
  const text = useText({ vi, en });
  const state = useLiveState();
  return (
    <span className={`live ${state}`} role="status" title={text.liveHelp[state]}>
      <span className="live-dot" aria-hidden="true" />
      {text.live[state]}
    </span>
  );
}

const themeIcon: Record<Theme, IconName> = { system: 'screen', light: 'sun', dark: 'moon' };
const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

function SideFoot(): ReactNode {
  const text = useText({ vi, en });
  const { preferences, guard } = usePage();
  const { language, choose } = useContext(LanguageContext);
  const { me, signOut } = useSession();
  const [theme, setTheme] = useState<Theme>(() => preferences.read().theme);
  const turn = (): void => {
    const next = nextTheme[theme];
    setTheme(next);
    preferences.write({ theme: next });
    applyTheme(next, window);
  };
  return (
    <div className="side-foot">
      <LiveIndicator />
      <div className="side-tools">
        <IconButton icon={themeIcon[theme]} label={`${text.theme.label}: ${text.theme[theme]}`} onPress={turn} />
        <button
          type="button"
          className="button quiet small"
          lang={language === 'vi' ? 'en' : 'vi'}
          onClick={() => choose(language === 'vi' ? 'en' : 'vi')}
        >
          {text.otherLanguage}
        </button>
      </div>
      <div className="side-user">
        <span className="avatar" aria-hidden="true">
          {me.userName.slice(0, 1).toUpperCase()}
        </span>
        <span className="user-name">{me.userName}</span>
        <IconButton icon="exit" label={text.signOut} onPress={() => leaving(guard, () => void signOut())} />
      </div>
    </div>
  );
}
