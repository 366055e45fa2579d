import { type FeedbackCategory, feedbackCategories, phoneText } from '@tramhoc/protocol/kiosk';
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { BigButton, Note, QrCode } from '../../ui/controls.view.tsx';
import { Icon, type IconName } from '../../ui/icons.view.tsx';
import { TypedField } from '../../ui/keyboard/typed-field.view.tsx';
import { useMessages } from '../../ui/screen-context.view.tsx';
import { type FeedbackEvent, type FeedbackState, maxPhoneLength, maxTextLength, type Printing, type Question } from './feedback-machine.ts';
import { feedbackEn } from './messages.en.ts';
import { type FeedbackMessages, feedbackVi } from './messages.vi.ts';

type Send = (event: FeedbackEvent) => void;
const stepNumbers: Record<Question | 'check', number> = { category: 1, text: 2, phone: 3, check: 4 };

export function FeedbackView({
  state,
  send,
  onSubmit,
  onFinish,
  onPrint,
  delivery,
}: {
  state: FeedbackState;
  send: Send;
  onSubmit(): void;
  onFinish(): void;
  /** undefined where there is no printer. */
  onPrint: (() => void) | undefined;
  delivery: 'stored' | 'sending' | 'delivered';
}) {
  const t = useMessages({ vi: feedbackVi, en: feedbackEn });
  switch (state.step) {
    case 'category':
    case 'text':
    case 'phone':
      return <QuestionPage key={state.step} state={state} send={send} t={t} />;
    case 'check':
      return <CheckPage state={state} send={send} onSubmit={onSubmit} t={t} />;
    case 'sending':
      return (
        <div className="centred" role="status">
          <div className="waiting-dots" aria-hidden="true">
            <span />
            <span />
            <span />
          </div>
          <h1>{t.sending}</h1>
        </div>
      );
    case 'failed':
      return <FailedPage state={state} send={send} onSubmit={onSubmit} t={t} />;
    case 'sent':
      return (
        <SentPage code={state.trackingCode} printing={state.printing} delivery={delivery} onFinish={onFinish} onPrint={onPrint} t={t} />
      );
    default:
      return state satisfies never;
  }
}

function Steps({ at, t }: { at: Question | 'check'; t: FeedbackMessages }) {
  const now = stepNumbers[at];
  return (
    <div className="steps">
      <p>
        {t.title} · {t.stepOf(now, 4)}
      </p>
      <div className="step-marks" aria-hidden="true">
        {[1, 2, 3, 4].map((step) => (
          <span key={step} className={step < now ? 'done' : step === now ? 'now' : ''} />
        ))}
      </div>
    </div>
  );
}

function QuestionPage({ state, send, t }: { state: Extract<FeedbackState, { step: Question }>; send: Send; t: FeedbackMessages }) {
  const { step, draft, problem } = state;
  const problemId = problem === undefined ? undefined : 'feedback-problem';
  const note = problem && (
    <Note kind="bad" urgent id="feedback-problem">
      {t.problems[problem]}
    </Note>
  );
  const skipping = step === 'phone' && draft.phone.trim() === '';
  const page = useRef<HTMLElement>(null);
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each try that did not go on
  useEffect(() => {
    if (problem !== undefined) page.current?.querySelector<HTMLElement>('.category, textarea, input')?.focus({ preventScroll: true });
  }, [tries]);
  const next = (): void => {
    send({ event: 'next' });
    setTries(tries + 1);
  };
  return (
    <section className={`feedback question-${step}`} ref={page}>
      <Steps at={step} t={t} />
      <h1>{t.ask[step]}</h1>
      <p className="lead">{t.hint[step]}</p>
      {step === 'category' && note}
      {step === 'category' && <Categories chosen={draft.category} onChoose={(category) => send({ event: 'choose', category })} t={t} />}
      {step === 'text' && (
        <TypedField
          label={t.textLabel}
          text={draft.text}
          onText={(text) => send({ event: 'write-text', text })}
          maxLength={maxTextLength}
          problemId={problemId}
          below={note ?? <p className="count">{t.textCount(draft.text.length, maxTextLength)}</p>}
        />
      )}
      {step === 'phone' && (
        <TypedField
          label={t.phoneLabel}
          text={draft.phone}
          onText={(phone) => send({ event: 'write-phone', phone })}
          maxLength={maxPhoneLength}
          phone
          problemId={problemId}
          below={note}
        />
      )}
      <div className="page-buttons">
        {step !== 'category' && (
          <BigButton icon="back" onPress={() => send({ event: 'back' })}>
            {t.back}
          </BigButton>
        )}
        <BigButton kind="main" iconAfter="forward" onPress={next}>
          {skipping ? t.skip : t.next}
        </BigButton>
      </div>
    </section>
  );
}

const categoryIcons: Record<FeedbackCategory, IconName> = {
  facilities: 'building',
  teaching: 'book',
  services: 'document',
  safety: 'shield',
  food: 'bowl',
  other: 'dots',
};

/** One tap chooses; the choice is shown by a tick and said as pressed. */
function Categories({
  chosen,
  onChoose,
  t,
}: {
  chosen: FeedbackCategory | undefined;
  onChoose(category: FeedbackCategory): void;
  t: FeedbackMessages;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons that stay pressed, laid out as a grid
    <div className="categories" role="group" aria-label={t.ask.category}>
      {feedbackCategories.map((category) => (
        <Button key={category} className="category" aria-pressed={category === chosen} onPress={() => onChoose(category)}>
          <span className="category-icon">
            <Icon name={category === chosen ? 'check' : categoryIcons[category]} strong={category === chosen} />
          </span>
          <span className="category-words">
            <span className="category-title">{t.categories[category]}</span>
            <span className="category-hint">{t.categoryHints[category]}</span>
          </span>
        </Button>
      ))}
    </div>
  );
}

function CheckPage({ state, send, onSubmit, t }: { state: FeedbackState; send: Send; onSubmit(): void; t: FeedbackMessages }) {
  return (
    <section className="feedback">
      <Steps at="check" t={t} />
      <h1>{t.check}</h1>
      <p className="lead">{t.checkHint}</p>
      <Answers state={state} send={send} t={t} />
      <div className="page-buttons">
        <BigButton icon="back" onPress={() => send({ event: 'back' })}>
          {t.back}
        </BigButton>
        <BigButton kind="main" icon="check" onPress={onSubmit}>
          {t.send}
        </BigButton>
      </div>
    </section>
  );
}

function Answers({ state: { draft }, send, t }: { state: FeedbackState; send: Send; t: FeedbackMessages }) {
  const answers: [Question, string][] = [
    ['category', draft.category === undefined ? '' : t.categories[draft.category]],
    ['text', draft.text.trim()],
    ['phone', phoneText(draft.phone.trim()) || t.noPhone],
  ];
  return (
    <dl className="answers">
      {answers.map(([question, answer]) => (
        <div className="answer" key={question}>
          <dt>{t.answers[question]}</dt>
          <dd className={question === 'text' ? 'answer-text' : ''}>
            <span>{answer}</span>
            <BigButton kind="quiet" icon="pencil" label={t.change(t.answers[question])} onPress={() => send({ event: 'change', question })}>
              {t.changeShort}
            </BigButton>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function FailedPage({
  state,
  send,
  onSubmit,
  t,
}: {
  state: Extract<FeedbackState, { step: 'failed' }>;
  send: Send;
  onSubmit(): void;
  t: FeedbackMessages;
}) {
  return (
    <section className="feedback">
      <h1>{t.failed}</h1>
      <Note kind="bad" urgent>
        {t.failedReason(state.code)}
      </Note>
      <p className="lead">{t.failedKept}</p>
      <Answers state={state} send={send} t={t} />
      <div className="page-buttons">
        <BigButton kind="main" icon="refresh" onPress={onSubmit} autoFocus>
          {t.retry}
        </BigButton>
      </div>
    </section>
  );
}

function SentPage({
  code,
  printing,
  delivery,
  onFinish,
  onPrint,
  t,
}: {
  code: string;
  printing: Printing;
  delivery: 'stored' | 'sending' | 'delivered';
  onFinish(): void;
  onPrint: (() => void) | undefined;
  t: FeedbackMessages;
}) {
  return (
    <section className="feedback sent">
      <div className="sent-mark" aria-hidden="true">
        <Icon name="check" strong />
      </div>
      <h1>{t.sent}</h1>
      <div className="code-card">
        <div>
          <p className="code-label">{t.codeLabel}</p>
          <p className="tracking-code">{code}</p>
          <p className="lead">{t.keepCode}</p>
        </div>
        <QrCode text={code} label={t.qrLabel} />
      </div>
      <Note kind={delivery === 'stored' ? 'info' : 'good'}>{t.delivery[delivery]}</Note>
      <PrintNote printing={printing} t={t} />
      <div className="page-buttons">
        {onPrint !== undefined && printing.print !== 'printed' && (
          <BigButton icon="printer" disabled={printing.print === 'printing'} onPress={onPrint}>
            {printing.print === 'failed' ? t.printAgain : t.print}
          </BigButton>
        )}
        <BigButton kind="main" onPress={onFinish} autoFocus>
          {t.finish}
        </BigButton>
      </div>
    </section>
  );
}

function PrintNote({ printing, t }: { printing: Printing; t: FeedbackMessages }) {
  switch (printing.print) {
    case 'offered':
      return null;
    case 'printing':
      return <Note kind="info">{t.printing}</Note>;
    case 'printed':
      return <Note kind="good">{t.printed}</Note>;
    case 'failed':
      return (
        <Note kind="warning" urgent>
          {t.printFailed(printing.code)}
        </Note>
      );
    default:
      return printing satisfies never;
  }
}
