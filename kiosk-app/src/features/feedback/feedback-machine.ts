/** Feedback (phản ánh): one question a page, check the answers, store, give the code. Pure. Nothing typed is lost until the person leaves. */
import { Feedback, type FeedbackCategory, PhoneNumber, type TrackingCode } from '@tramhoc/protocol/kiosk';

export type Draft = { category: FeedbackCategory | undefined; text: string; phone: string };
export type Question = 'category' | 'text' | 'phone';
export type Problem = 'category-missing' | 'text-short' | 'text-long' | 'phone-wrong';
/** Of the code, on paper: only where there is a printer, and only when the person wants it. `code`: why not. */
export type Printing = { print: 'offered' } | { print: 'printing' } | { print: 'printed' } | { print: 'failed'; code: string };
export type FeedbackState = { draft: Draft } & (
  | { step: Question; problem: Problem | undefined; fromCheck: boolean }
  | { step: 'check' }
  | { step: 'sending' }
  /** `code` of the agent or of the link: nothing is known to be stored. */
  | { step: 'failed'; code: string }
  | { step: 'sent'; trackingCode: TrackingCode; printing: Printing }
);
export type FeedbackEvent =
  | { event: 'choose'; category: FeedbackCategory }
  | { event: 'write-text'; text: string }
  | { event: 'write-phone'; phone: string }
  | { event: 'next' }
  | { event: 'back' }
  | { event: 'change'; question: Question }
  | { event: 'send' }
  | { event: 'stored'; trackingCode: TrackingCode }
  | { event: 'refused'; code: string }
  | { event: 'print' }
  | { event: 'printed' }
  | { event: 'print-failed'; code: string };

const questions: readonly Question[] = ['category', 'text', 'phone'];
export const maxTextLength = 2_000;
export const minTextLength = 5;
/** +84 and spaces between groups fit. */
export const maxPhoneLength = 20;

export const emptyFeedback: FeedbackState = {
  draft: { category: undefined, text: '', phone: '' },
  step: 'category',
  problem: undefined,
  fromCheck: false,
};

export function feedbackStep(state: FeedbackState, event: FeedbackEvent): FeedbackState {
  const { draft } = state;
  switch (event.event) {
    case 'choose':
      return asked({ ...draft, category: event.category }, state, 'category');
    case 'write-text':
      return asked({ ...draft, text: event.text }, state, 'text');
    case 'write-phone':
      return asked({ ...draft, phone: event.phone }, state, 'phone');
    case 'next':
      return next(state);
    case 'back':
      return back(state);
    case 'change':
      return state.step === 'check' || state.step === 'failed' ? ask(draft, event.question, true) : state;
    case 'send':
      return state.step === 'check' || state.step === 'failed' ? { draft, step: 'sending' } : state;
    case 'stored':
      return state.step === 'sending' ? { draft, step: 'sent', trackingCode: event.trackingCode, printing: { print: 'offered' } } : state;
    case 'refused':
      return state.step === 'sending' ? { draft, step: 'failed', code: event.code } : state;
    case 'print':
      return printed(state, { print: 'printing' });
    case 'printed':
      return printed(state, { print: 'printed' });
    case 'print-failed':
      return printed(state, { print: 'failed', code: event.code });
    default:
      return event satisfies never;
  }
}

/** One receipt at a time; what comes back after the person has gone concerns nobody. */
function printed(state: FeedbackState, printing: Printing): FeedbackState {
  if (state.step !== 'sent' || (state.printing.print === 'printing') === (printing.print === 'printing')) return state;
  return { ...state, printing };
}

/** What is wrong with an answer, or undefined. The phone may be left out. */
export function problemOf(draft: Draft, question: Question): Problem | undefined {
  switch (question) {
    case 'category':
      return draft.category === undefined ? 'category-missing' : undefined;
    case 'text': {
      const length = draft.text.trim().length;
      return length < minTextLength ? 'text-short' : length > maxTextLength ? 'text-long' : undefined;
    }
    case 'phone':
      return draft.phone.trim() === '' || PhoneNumber.safeParse(draft.phone).success ? undefined : 'phone-wrong';
    default:
      return question satisfies never;
  }
}

/** What goes to the agent; undefined while an answer is missing or wrong. */
export function toFeedback({ category, text, phone }: Draft, language: 'vi' | 'en'): Feedback | undefined {
  const parsed = Feedback.safeParse({ category, text: text.normalize('NFC'), language, ...(phone.trim() === '' ? {} : { phone }) });
  return parsed.success ? parsed.data : undefined;
}

/** Something that would be lost by leaving. */
export function isUnsaved(state: FeedbackState): boolean {
  return state.step !== 'sent' && (state.draft.text.trim() !== '' || state.draft.phone.trim() !== '');
}

/** Where stored feedback is: on this machine until the broker has taken everything that waits here. */
export function deliveryOf({
  brokerConnected,
  pendingEvents,
}: {
  brokerConnected: boolean;
  pendingEvents: number;
}): 'stored' | 'sending' | 'delivered' {
  if (!brokerConnected) return 'stored';
  return pendingEvents > 0 ? 'sending' : 'delivered';
}

function ask(draft: Draft, question: Question, fromCheck: boolean): FeedbackState {
  return { draft, step: question, problem: undefined, fromCheck };
}

/** The answer as written; a fault that was said is looked at again, so that it goes as soon as it is mended. */
function asked(draft: Draft, state: FeedbackState, question: Question): FeedbackState {
  if (state.step !== question) return state;
  return { ...state, draft, problem: state.problem === undefined ? undefined : problemOf(draft, question) };
}

function next(state: FeedbackState): FeedbackState {
  if (state.step !== 'category' && state.step !== 'text' && state.step !== 'phone') return state;
  const problem = problemOf(state.draft, state.step);
  if (problem !== undefined) return { ...state, problem };
  const following = questions[questions.indexOf(state.step) + 1];
  return state.fromCheck || following === undefined ? { draft: state.draft, step: 'check' } : ask(state.draft, following, false);
}

function back(state: FeedbackState): FeedbackState {
  const { draft } = state;
  switch (state.step) {
    case 'category':
    case 'text':
    case 'phone': {
      if (state.fromCheck && problemOf(draft, state.step) === undefined) return { draft, step: 'check' };
      const before = questions[questions.indexOf(state.step) - 1];
      return before === undefined ? state : ask(draft, before, false);
    }
    case 'check':
    case 'failed':
      return ask(draft, 'phone', false);
    case 'sending':
    case 'sent':
      return state;
    default:
      return state satisfies never;
  }
}
