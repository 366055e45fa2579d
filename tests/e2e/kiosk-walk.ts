/** Walks that both hosts must pass: how a person gets to each screen, and what every screen must be. */
import { AxeBuilder } from '@axe-core/playwright';
import { enrolledStatus } from '@tramhoc/kiosk-app/host/scripted-agent';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Stage } from './kiosk-stage.ts';

/** What waits for approval, with a code that lives for another 14 minutes. */
export function waitingEnrolment(): AgentStatus['enrolment'] {
  return {
    state: 'waiting',
    userCode: 'BCD-FGH-JKX',
    fingerprint: '7K3M-9QXP-2DTR-W8HN',
    verificationUri: 'https://tramhoc.example/enrol',
    verificationUriComplete: 'https://tramhoc.example/enrol?code=BCD-FGH-JKX',
    expiresAtMs: Date.now() + 14 * 60_000,
  };
}

/** Types on the on-screen keyboard, key by key, as a finger would. */
export async function typeOnScreen(page: Page, keys: string): Promise<void> {
  const keyboard = page.locator('.keyboard');
  for (const key of keys) {
    if (key === ' ') await keyboard.locator('.key.space').click();
    else await keyboard.getByRole('button', { name: key, exact: true }).click();
  }
}

/** From home to the page that asks for the text. */
export async function openFeedbackText(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Phản ánh/ }).click();
  await page.getByRole('button', { name: /^Cơ sở vật chất/ }).click();
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('textbox').waitFor();
}

export const receiptPrinter: AgentStatus['slots'][number] = {
  slot: 'may-in',
  kind: 'escpos',
  state: 'open',
  readsCards: false,
  printsReceipts: true,
};

type Stop = { name: string; go(page: Page, stage: Stage): Promise<void> };
const main = '.page-buttons .main';

/** Every screen of the kiosk in one walk; each stop starts where the one before ended. Works in both languages: it finds things by class. */
export const stops: readonly Stop[] = [
  { name: 'home', go: async (page) => page.locator('.home').waitFor() },
  {
    name: 'attendance, waiting for a card',
    go: async (page) => {
      await page.locator('.to-attendance').click();
      await page.locator('.tap-prompt').waitFor();
    },
  },
  {
    name: 'attendance, greeting and queue',
    go: async (page, stage) => {
      for (const [tapId, name] of [
        ['w1', 'Trần Quốc Bảo'],
        ['w2', 'Nguyễn Thị An'],
      ] as const) {
        stage.agent().say({ notice: 'tap.accepted', tapId, slot: 'gate-reader', wallMs: Date.now() });
        stage.agent().say({ notice: 'tap.identified', tapId, who: { result: 'known', name, group: '10A1' } });
      }
      await page.getByText('Nguyễn Thị An').waitFor();
    },
  },
  {
    name: 'feedback, category with a fault',
    go: async (page) => {
      await page.locator('.home-button').click();
      await page.locator('.to-feedback').click();
      await page.locator(main).click();
      await page.locator('.note.bad').waitFor();
    },
  },
  {
    name: 'feedback, text',
    go: async (page) => {
      await page.locator('.category').first().click();
      await page.locator(main).click();
      await page.getByRole('textbox').fill('Quạt phòng 10A1 hỏng');
    },
  },
  { name: 'feedback, text with the direct keys', go: async (page) => page.locator('.method').nth(1).click() },
  {
    name: 'feedback, phone',
    go: async (page) => {
      await page.locator(main).click();
      await page.locator('.phone-pad').waitFor();
    },
  },
  {
    name: 'feedback, leaving',
    go: async (page) => {
      await page.locator('.home-button').click();
      await page.locator('.dialog').waitFor();
    },
  },
  {
    name: 'feedback, check',
    go: async (page) => {
      await page.locator('.dialog .main').click();
      await page.locator(main).click();
      await page.locator('.answers').waitFor();
    },
  },
  {
    name: 'feedback, not stored',
    go: async (page, stage) => {
      stage.agent().refuseFeedback('DISK_FULL');
      await page.locator(main).click();
      await page.locator('.note.bad').waitFor();
      stage.agent().refuseFeedback(undefined);
    },
  },
  {
    name: 'feedback, sent',
    go: async (page) => {
      await page.locator(main).click();
      await page.locator('.tracking-code').waitFor();
    },
  },
  {
    name: 'feedback, printer without paper',
    go: async (page, stage) => {
      stage.agent().become({ slots: [...enrolledStatus.slots, receiptPrinter] });
      stage.agent().refusePrint('PRINTER_PAPER_OUT');
      await page.locator('.sent .page-buttons .plain').click();
      await page.locator('.note.warning').waitFor();
      stage.agent().refusePrint(undefined);
    },
  },
  {
    name: 'feedback, printed',
    go: async (page) => {
      await page.locator('.sent .page-buttons .plain').click();
      await page.locator('.sent .page-buttons .plain').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'device, enrolled',
    go: async (page) => {
      await page.locator('.home-button').click();
      await page.locator('.staff-entry').click();
      await page.locator('.device').waitFor();
      await page.getByText('RDM6300').waitFor();
    },
  },
  {
    name: 'device, code',
    go: async (page, stage) => {
      stage.agent().become({ enrolment: waitingEnrolment(), brokerConnected: false });
      await page.locator('.user-code').waitFor();
    },
  },
  {
    name: 'device, denied',
    go: async (page, stage) => {
      stage.agent().become({ enrolment: { state: 'denied' } });
      await page.locator('.device-head.warning').waitFor();
    },
  },
  {
    name: 'device, revoked',
    go: async (page, stage) => {
      stage.agent().become({ enrolment: { state: 'revoked' } });
      await page.locator('.link-line.revoked').waitFor();
    },
  },
];

/** Back to an enrolled device at home, for the next walk. */
export async function endWalk(page: Page, stage: Stage): Promise<void> {
  stage.agent().become(enrolledStatus);
  await page.locator('.home-button').click();
  await page.locator('.home').waitFor();
}

export type Mode = { name: string; language: 'vi' | 'en'; tools: string[] };
export const modes: readonly Mode[] = [
  { name: 'Vietnamese', language: 'vi', tools: [] },
  { name: 'English', language: 'en', tools: [] },
  { name: 'large text', language: 'vi', tools: ['Chữ to'] },
  { name: 'high contrast', language: 'vi', tools: ['Tương phản'] },
];

export async function setMode(page: Page, mode: Mode): Promise<void> {
  for (const tool of mode.tools) await page.getByRole('button', { name: tool }).click();
  if (mode.language === 'en') await page.getByRole('button', { name: 'English' }).click();
}

/**
 * No violation of WCAG A and AA as far as a machine can see. Animations are over first: a fading box has no contrast.
 * Legacy mode runs in the page alone (it has no frames): Electron cannot open another page, and in a browser it is much faster.
 */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  await page.waitForFunction(() =>
    document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity),
  );
  const builder = new AxeBuilder({ page }).setLegacyMode(true).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']);
  const { violations } = await builder.analyze();
  const found = violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  expect(found).toEqual([]);
}

/** Nothing to press is smaller than a finger, hidden under another thing's edge to the side, or wider than the screen. */
export async function expectTouchable(page: Page, where: string, minimumPx: number): Promise<void> {
  const small = await page.evaluate((minimum) => {
    const wide = document.documentElement.scrollWidth > innerWidth ? [`page is ${document.documentElement.scrollWidth} px wide`] : [];
    const boxes = [...document.querySelectorAll<HTMLElement>('button, input, textarea')].filter((one) => one.checkVisibility());
    return boxes
      .map((one) => ({ name: one.ariaLabel ?? one.textContent, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width < minimum || box.height < minimum || box.left < 0 || box.right > innerWidth + 1)
      .map(({ name, box }) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)} at ${Math.round(box.left)}`)
      .concat(wide);
  }, minimumPx);
  expect(small.map((one) => `${where}: ${one}`)).toEqual([]);
}

/** Words that only English has; a screen reader must meet none of them on a Vietnamese page. */
const englishWords =
  /(?<!\p{L})(?:the|and|of|is|are|you|your|with|close|dismiss|press|button|select|selected|item|keyboard|loading|error|required|text|page|home|back|next|help|code|device|open|closed|lost|sent)(?!\p{L})/iu;
/** Slot names, kinds and the name of the other language stand as they are. */
const asTheyAre = /^(?:English|gate-reader|air|may-in|rdm6300|pms5003|escpos|Telex|ABC)$|https?:\S+/;

export async function expectVietnamese(page: Page, where: string): Promise<void> {
  const snapshot = await page.locator('body').ariaSnapshot();
  const quoted = [...snapshot.matchAll(/"((?:[^"\\]|\\.)*)"|: ([^\n"]+)$/gm)].map((match) => (match[1] ?? match[2] ?? '').trim());
  expect(quoted.length).toBeGreaterThan(3);
  const english = quoted.filter((text) => !asTheyAre.test(text) && englishWords.test(text));
  expect(english.map((text) => `${where}: ${text}`)).toEqual([]);
}
