import { expect, test } from 'vitest';
import { enrolledStatus } from '../../host/scripted-agent.ts';
import { atHome, linkState, navigate, shownScreen } from './home-machine.ts';

test('a card on the reader opens attendance from home, and home comes back when the taps are gone', () => {
  const tapped = navigate(atHome, { event: 'tap' });
  expect(tapped.screen).toBe('attendance');
  expect(navigate(tapped, { event: 'taps-gone' })).toEqual(atHome);
});

test('somebody who writes feedback stays there when another person taps a card', () => {
  const writing = navigate(atHome, { event: 'open', screen: 'feedback' });
  expect(navigate(writing, { event: 'tap' })).toEqual(writing);
});

test('attendance opened by a person stays open when the taps are gone', () => {
  const opened = navigate(atHome, { event: 'open', screen: 'attendance' });
  expect(navigate(navigate(opened, { event: 'tap' }), { event: 'taps-gone' })).toEqual(opened);
});

test('before enrolment the device screen stands in for home', () => {
  expect(shownScreen(atHome, 'not-enrolled')).toBe('device');
  expect(shownScreen(atHome, 'enrolled')).toBe('home');
  expect(shownScreen(atHome, 'unknown')).toBe('starting');
});

test('the foot line tells a dead network from a missing agent', () => {
  const { enrolment } = enrolledStatus;
  expect(linkState({ agentConnected: true, status: { enrolment, brokerConnected: true } })).toBe('online');
  expect(linkState({ agentConnected: true, status: { enrolment, brokerConnected: false } })).toBe('offline');
  expect(linkState({ agentConnected: false, status: { enrolment, brokerConnected: true } })).toBe('agent-away');
});

test('who is not let in is not told that the network is dead', () => {
  const link = (state: 'revoked' | 'denied' | 'unclaimed') =>
    linkState({ agentConnected: true, status: { enrolment: { state }, brokerConnected: false } });
  expect([link('revoked'), link('denied'), link('unclaimed')]).toEqual(['revoked', 'not-enrolled', 'not-enrolled']);
});
