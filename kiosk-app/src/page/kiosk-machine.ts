/** The whole page: what came from the host and what the person did, to what is shown. Pure; the features' machines do the work. */
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { noTaps, showTap, type Taps } from '../features/attendance/attendance-machine.ts';
import { type Restart, type RestartEvent, restartStep } from '../features/enrolment/enrolment-machine.ts';
import { emptyFeedback, type FeedbackEvent, type FeedbackState, feedbackStep } from '../features/feedback/feedback-machine.ts';
import { atHome, type Navigation, type NavigationEvent, navigate, type Screen, shownScreen } from '../features/home/home-machine.ts';
import type { BridgeNews } from '../host/bridge.ts';
import { firstSettings, type Settings } from '../ui/settings.ts';

export type KioskState = {
  agentConnected: boolean;
  /** The last status and when it came, on the page's monotonic clock. */
  status: { value: AgentStatus; receivedAtMs: number } | undefined;
  countdownS: number | undefined;
  navigation: Navigation;
  taps: Taps;
  feedback: FeedbackState;
  restart: Restart;
  settings: Settings;
  /** "Discard your feedback?" is open. */
  leaving: boolean;
};
export type KioskEvent =
  | { event: 'news'; news: BridgeNews; nowMs: number }
  | { event: 'time'; nowMs: number }
  | { event: 'open'; screen: Screen }
  | { event: 'settings'; settings: Settings }
  | { event: 'feedback'; change: FeedbackEvent }
  | { event: 'restart'; change: RestartEvent }
  | { event: 'ask-leave' }
  | { event: 'stay' };

export const firstState: KioskState = {
  agentConnected: false,
  status: undefined,
  countdownS: undefined,
  navigation: atHome,
  taps: noTaps,
  feedback: emptyFeedback,
  restart: { restart: 'idle' },
  settings: firstSettings,
  leaving: false,
};

export function kioskStep(state: KioskState, event: KioskEvent): KioskState {
  switch (event.event) {
    case 'news':
      return hear(state, event.news, event.nowMs);
    case 'time': {
      const taps = showTap(state.taps, event);
      if (taps === state.taps) return state;
      return { ...state, taps, navigation: taps.taps.length === 0 ? navigate(state.navigation, { event: 'taps-gone' }) : state.navigation };
    }
    case 'open':
      // Feedback that is left is gone: the next person must not find it.
      return { ...state, leaving: false, feedback: emptyFeedback, navigation: navigate(state.navigation, event) };
    case 'settings':
      return { ...state, settings: event.settings };
    case 'feedback':
      return { ...state, feedback: feedbackStep(state.feedback, event.change) };
    case 'restart':
      return { ...state, restart: restartStep(state.restart, event.change) };
    case 'ask-leave':
      return { ...state, leaving: true };
    case 'stay':
      return { ...state, leaving: false };
    default:
      return event satisfies never;
  }
}

function hear(state: KioskState, news: BridgeNews, nowMs: number): KioskState {
  switch (news.news) {
    case 'agent':
      return { ...state, agentConnected: news.connected };
    case 'countdown':
      return { ...state, countdownS: news.seconds };
    case 'notice': {
      const { notice } = news;
      if (notice.notice === 'status')
        return {
          ...state,
          status: { value: notice.status, receivedAtMs: nowMs },
          restart: restartStep(state.restart, { event: 'status' }),
        };
      const taps = showTap(state.taps, { event: 'notice', notice, nowMs });
      const tapped: NavigationEvent | undefined = notice.notice === 'tap.identified' || !isEnrolled(state) ? undefined : { event: 'tap' };
      return { ...state, taps, navigation: tapped === undefined ? state.navigation : navigate(state.navigation, tapped) };
    }
    default:
      return news satisfies never;
  }
}

function isEnrolled({ status }: KioskState): boolean {
  return status?.value.enrolment.state === 'enrolled';
}

export function screenOf(state: KioskState): Screen | 'starting' {
  return shownScreen(state.navigation, state.status === undefined ? 'unknown' : isEnrolled(state) ? 'enrolled' : 'not-enrolled');
}

/** Whether a receipt can be asked for: a printer is plugged in. Whether it has paper it says when it is asked. */
export function canPrint({ agentConnected, status }: KioskState): boolean {
  return agentConnected && status?.value.slots.some((slot) => slot.printsReceipts === true && slot.state === 'open') === true;
}

/** Whether a card held to the reader now would be heard. */
export function readerState({ agentConnected, status }: KioskState): 'ready' | 'missing' | 'agent-away' {
  if (!agentConnected || status === undefined) return 'agent-away';
  return status.value.slots.some((slot) => slot.readsCards && slot.state === 'open') ? 'ready' : 'missing';
}
