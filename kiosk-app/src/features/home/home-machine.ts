/** Which screen is shown. Pure. */
import type { AgentStatus } from '@tramhoc/protocol/local-link';

export type Screen = 'home' | 'attendance' | 'feedback' | 'device';
/** `tap`: a card opened the attendance screen by itself, so it closes by itself again. */
export type Navigation = { screen: Screen; openedBy: 'person' | 'tap' };
export type NavigationEvent = { event: 'open'; screen: Screen } | { event: 'tap' } | { event: 'taps-gone' };

export const atHome: Navigation = { screen: 'home', openedBy: 'person' };

export function navigate(now: Navigation, event: NavigationEvent): Navigation {
  switch (event.event) {
    case 'open':
      return { screen: event.screen, openedBy: 'person' };
    case 'tap':
      // Somebody who writes feedback or reads the device screen is not pulled away; the tap is shown above.
      return now.screen === 'home' ? { screen: 'attendance', openedBy: 'tap' } : now;
    case 'taps-gone':
      return now.screen === 'attendance' && now.openedBy === 'tap' ? atHome : now;
    default:
      return event satisfies never;
  }
}

/** Until the device is enrolled its screen for IT stands where the home screen will be. */
export function shownScreen({ screen }: Navigation, enrolment: 'unknown' | 'enrolled' | 'not-enrolled'): Screen | 'starting' {
  if (enrolment === 'unknown') return 'starting';
  return enrolment === 'not-enrolled' && screen === 'home' ? 'device' : screen;
}

/** What the line at the foot says about where facts go now. */
export type LinkState = 'online' | 'offline' | 'agent-away' | 'not-enrolled' | 'revoked';
export function linkState({
  agentConnected,
  status: { enrolment, brokerConnected },
}: {
  agentConnected: boolean;
  status: Pick<AgentStatus, 'enrolment' | 'brokerConnected'>;
}): LinkState {
  if (!agentConnected) return 'agent-away';
  if (enrolment.state === 'revoked') return 'revoked';
  // who belongs to no site has nobody to send to, whatever the network does
  if (enrolment.state !== 'enrolled') return 'not-enrolled';
  return brokerConnected ? 'online' : 'offline';
}
