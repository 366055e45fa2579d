import { useEffect, useReducer } from 'react';
import { I18nProvider } from 'react-aria-components';
import { AttendanceView, TapBanner } from '../features/attendance/attendance.view.tsx';
import { nextChangeMs } from '../features/attendance/attendance-machine.ts';
import { EnrolmentView } from '../features/enrolment/enrolment.view.tsx';
import { agentNowMs } from '../features/enrolment/enrolment-machine.ts';
import { FeedbackView } from '../features/feedback/feedback.view.tsx';
import { deliveryOf, isUnsaved, toFeedback } from '../features/feedback/feedback-machine.ts';
import { feedbackReceipt } from '../features/feedback/feedback-receipt.ts';
import { LeaveDialog } from '../features/feedback/leave-dialog.view.tsx';
import { feedbackEn } from '../features/feedback/messages.en.ts';
import { feedbackVi } from '../features/feedback/messages.vi.ts';
import { HomeView, StartingView } from '../features/home/home.view.tsx';
import { linkState, type Screen } from '../features/home/home-machine.ts';
import { type Bridge, heartbeatMs } from '../host/bridge.ts';
import { Countdown } from '../session/countdown.view.tsx';
import { shortDateTimeText } from '../ui/civil-time.ts';
import { Frame } from '../ui/frame.view.tsx';
import type { PageClock } from '../ui/page-clock.ts';
import { ScreenProvider } from '../ui/screen-context.view.tsx';
import type { Settings } from '../ui/settings.ts';
import { canPrint, firstState, type KioskEvent, type KioskState, kioskStep, readerState, screenOf } from './kiosk-machine.ts';

type Dispatch = (event: KioskEvent) => void;
/** Telling the host of each touch once a second is enough for a timer of a minute. */
const touchEveryMs = 1_000;

export function Kiosk({ bridge, clock }: { bridge: Bridge; clock: PageClock }) {
  const [state, dispatch] = useReducer(kioskStep, firstState);
  const { settings, status } = state;
  const screen = screenOf(state);
  useHost(bridge, clock, dispatch);
  useTapsLeaving(state, clock, dispatch);
  useTouches(bridge, clock, state.countdownS !== undefined);
  useAttendanceKeepsSession(state, bridge);
  useDocument(settings);

  const wallNowMs = (): number =>
    status === undefined
      ? clock.wallMs()
      : agentNowMs({ statusNowMs: status.value.nowMs, receivedAtMs: status.receivedAtMs, monotonicMs: clock.monotonicMs() });
  const open = (next: Screen): void => dispatch({ event: 'open', screen: next });
  const goHome = (): void => (screen === 'feedback' && isUnsaved(state.feedback) ? dispatch({ event: 'ask-leave' }) : open('home'));
  const link = status && linkState({ agentConnected: state.agentConnected, status: status.value });
  const banner = screen === 'attendance' ? null : <TapBanner taps={state.taps.taps} />;
  return (
    <I18nProvider locale={settings.language === 'vi' ? 'vi-VN' : 'en-GB'}>
      <ScreenProvider value={{ settings, clock }}>
        <Frame
          siteName={status?.value.siteName ?? status?.value.deviceName ?? 'Trạm học'}
          page={screen === 'feedback' ? `feedback ${state.feedback.step}` : screen}
          wallNowMs={wallNowMs}
          link={link}
          onHome={state.navigation.screen === 'home' ? undefined : goHome}
          onSettings={(next) => dispatch({ event: 'settings', settings: next })}
        >
          <Shown screen={screen} state={state} dispatch={dispatch} bridge={bridge} open={open} wallNowMs={wallNowMs} />
        </Frame>
        <LeaveDialog open={state.leaving} onStay={() => dispatch({ event: 'stay' })} onLeave={() => open('home')} />
        {state.countdownS === undefined && banner}
        {state.countdownS !== undefined && (
          <Countdown seconds={state.countdownS} onStay={() => bridge.touched()} onErase={() => bridge.endSession()}>
            {banner}
          </Countdown>
        )}
      </ScreenProvider>
    </I18nProvider>
  );
}

function Shown({
  screen,
  state,
  dispatch,
  bridge,
  open,
  wallNowMs,
}: {
  screen: Screen | 'starting';
  state: KioskState;
  dispatch: Dispatch;
  bridge: Bridge;
  open(screen: Screen): void;
  wallNowMs(): number;
}) {
  const { status, agentConnected } = state;
  switch (screen) {
    case 'starting':
      return <StartingView />;
    case 'home':
      return <HomeView onOpen={open} />;
    case 'attendance':
      return <AttendanceView taps={state.taps.taps} reader={readerState(state)} />;
    case 'feedback':
      return (
        <FeedbackView
          state={state.feedback}
          send={(change) => dispatch({ event: 'feedback', change })}
          onSubmit={() => void submitFeedback(state, dispatch, bridge)}
          onFinish={() => bridge.endSession()}
          onPrint={canPrint(state) ? () => void printFeedback(state, dispatch, { bridge, wallNowMs: wallNowMs() }) : undefined}
          delivery={deliveryOf({
            brokerConnected: agentConnected && status?.value.brokerConnected === true,
            pendingEvents: status?.value.pendingEvents ?? 0,
          })}
        />
      );
    case 'device':
      return (
        status && (
          <EnrolmentView
            status={status.value}
            agentNowMs={wallNowMs}
            restart={state.restart}
            onRestart={() => void restartEnrolment(dispatch, bridge)}
          />
        )
      );
    default:
      return screen satisfies never;
  }
}

async function submitFeedback(state: KioskState, dispatch: Dispatch, bridge: Bridge): Promise<void> {
  const feedback = toFeedback(state.feedback.draft, state.settings.language);
  if (feedback === undefined) return;
  dispatch({ event: 'feedback', change: { event: 'send' } });
  const outcome = await bridge.submitFeedback(feedback);
  dispatch({
    event: 'feedback',
    change: outcome.ok ? { event: 'stored', trackingCode: outcome.result.trackingCode } : { event: 'refused', code: outcome.code },
  });
}

async function printFeedback(
  { feedback, settings, status }: KioskState,
  dispatch: Dispatch,
  { bridge, wallNowMs }: { bridge: Bridge; wallNowMs: number },
): Promise<void> {
  if (feedback.step !== 'sent') return;
  dispatch({ event: 'feedback', change: { event: 'print' } });
  const facts = {
    trackingCode: feedback.trackingCode,
    category: feedback.draft.category,
    siteName: status?.value.siteName ?? status?.value.deviceName ?? '',
    dateTime: shortDateTimeText(wallNowMs),
  };
  const outcome = await bridge.printReceipt(feedbackReceipt(facts, settings.language === 'vi' ? feedbackVi : feedbackEn));
  dispatch({ event: 'feedback', change: outcome.ok ? { event: 'printed' } : { event: 'print-failed', code: outcome.code } });
}

async function restartEnrolment(dispatch: Dispatch, bridge: Bridge): Promise<void> {
  dispatch({ event: 'restart', change: { event: 'ask' } });
  const outcome = await bridge.restartEnrolment();
  dispatch({ event: 'restart', change: outcome.ok ? { event: 'agreed' } : { event: 'refused', code: outcome.code } });
}

function useHost(bridge: Bridge, clock: PageClock, dispatch: Dispatch): void {
  useEffect(() => bridge.listen((news) => dispatch({ event: 'news', news, nowMs: clock.monotonicMs() })), [bridge, clock, dispatch]);
  useEffect(() => {
    let timer = clock.after(heartbeatMs, beat);
    function beat(): void {
      bridge.alive();
      timer = clock.after(heartbeatMs, beat);
    }
    return () => timer.cancel();
  }, [bridge, clock]);
}

function useTapsLeaving({ taps }: KioskState, clock: PageClock, dispatch: Dispatch): void {
  useEffect(() => {
    const atMs = nextChangeMs(taps);
    if (atMs === undefined) return undefined;
    const timer = clock.after(atMs - clock.monotonicMs() + 1, () => dispatch({ event: 'time', nowMs: clock.monotonicMs() }));
    return () => timer.cancel();
  }, [taps, clock, dispatch]);
}

/** Every touch and key anywhere, dialogs included. Moving the mouse is no sign of a person: a table that shakes moves it. */
function useTouches(bridge: Bridge, clock: PageClock, counting: boolean): void {
  useEffect(() => {
    let toldAtMs = -touchEveryMs;
    const touched = (): void => {
      const nowMs = clock.monotonicMs();
      if (!counting && nowMs - toldAtMs < touchEveryMs) return;
      toldAtMs = nowMs;
      bridge.touched();
    };
    const kinds = ['pointerdown', 'keydown', 'wheel', 'touchmove', 'input'] as const;
    for (const kind of kinds) addEventListener(kind, touched, { capture: true, passive: true });
    return () => {
      for (const kind of kinds) removeEventListener(kind, touched, { capture: true });
    };
  }, [bridge, clock, counting]);
}

/** Pupils who tap on an attendance screen that a person opened are using it; elsewhere a tap of somebody else keeps no session alive. */
function useAttendanceKeepsSession({ navigation, taps }: KioskState, bridge: Bridge): void {
  const opened = navigation.screen === 'attendance' && navigation.openedBy === 'person';
  const newest = taps.taps[0]?.key;
  useEffect(() => {
    if (opened && newest !== undefined) bridge.touched();
  }, [opened, newest, bridge]);
}

function useDocument({ language, largeText, highContrast, reach }: Settings): void {
  useEffect(() => {
    const { documentElement: html } = document;
    html.lang = language;
    html.dataset['text'] = largeText ? 'large' : 'normal';
    html.dataset['contrast'] = highContrast ? 'high' : 'normal';
    html.dataset['reach'] = reach ? 'low' : 'normal';
  }, [language, largeText, highContrast, reach]);
}
