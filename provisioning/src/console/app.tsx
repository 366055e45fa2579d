/** Address to page. Pages with a chart are loaded when they are first opened. */
import { lazy, type ReactNode, Suspense } from 'react';
import { LiveProvider } from './api/live.tsx';
import { AttendancePage } from './attendance/attendance-page.tsx';
import { DevicesPage } from './devices/devices-page.tsx';
import { EnrolmentPage } from './enrolment/enrolment-page.tsx';
import { EventsPage } from './events/events-page.tsx';
import { FeedbackPage } from './feedback/feedback-page.tsx';
import { useText } from './language/language.tsx';
import { linkTo, useNavigation } from './routing/navigation.tsx';
import { SessionGate, type SessionSignal } from './session/session.tsx';
import { CrashGuard } from './shell/crash-guard.tsx';
import { en } from './shell/messages.en.ts';
import { vi } from './shell/messages.vi.ts';
import { Shell } from './shell/shell.tsx';
import { SitePage } from './sites/site-page.tsx';
import { SitesPage } from './sites/sites-page.tsx';
import { TokensPage } from './tokens/tokens-page.tsx';
import { ButtonLink } from './ui/button.tsx';
import { EmptyState, Loading } from './ui/notice.tsx';
import { PageHead } from './ui/page-head.tsx';

const AirPage = lazy(() => import('./air/air-page.tsx').then(({ AirPage: page }) => ({ default: page })));
const DevicePage = lazy(() => import('./devices/device-page.tsx').then(({ DevicePage: page }) => ({ default: page })));

export function App({ signal }: { signal: SessionSignal }): ReactNode {
  return (
    <SessionGate signal={signal}>
      <LiveProvider>
        <Shell>
          <CurrentPage />
        </Shell>
      </LiveProvider>
    </SessionGate>
  );
}

function CurrentPage(): ReactNode {
  const { address } = useNavigation();
  const { page } = address;
  const key = page.page === 'site' ? page.siteId : page.page === 'device' ? page.deviceId : page.page;
  return (
    <CrashGuard key={key}>
      <Suspense fallback={<Loading />}>{pageOf(page)}</Suspense>
    </CrashGuard>
  );
}

function pageOf(page: ReturnType<typeof useNavigation>['address']['page']): ReactNode {
  switch (page.page) {
    case 'sites':
      return <SitesPage />;
    case 'site':
      return <SitePage siteId={page.siteId} />;
    case 'devices':
      return <DevicesPage />;
    case 'device':
      return <DevicePage deviceId={page.deviceId} />;
    case 'enrolment':
      return <EnrolmentPage />;
    case 'attendance':
      return <AttendancePage />;
    case 'air':
      return <AirPage />;
    case 'events':
      return <EventsPage />;
    case 'feedback':
      return <FeedbackPage />;
    case 'tokens':
      return <TokensPage />;
    case 'unknown':
      return <UnknownPage />;
    default:
      return page satisfies never;
  }
}

function UnknownPage(): ReactNode {
  const text = useText({ vi, en });
  return (
    <>
      <PageHead title={text.unknownTitle} />
      <EmptyState
        icon="search"
        title={text.unknownTitle}
        action={
          <ButtonLink href={linkTo({ page: 'sites' })} look="primary">
            {text.toSites}
          </ButtonLink>
        }
      >
        <p>{text.unknownText}</p>
      </EmptyState>
    </>
  );
}
