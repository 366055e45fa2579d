/** New devices: find one by the code on its screen, compare the fingerprint, approve or deny. */
import { type ReactNode, useEffect, useState } from 'react';
import type { PendingEnrolment } from '../../api/contract.ts';
import { useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { useText } from '../language/language.tsx';
import { countdownText } from '../language/time-text.ts';
import { useApi, useNow } from '../page-context.tsx';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { EmptyState, Notice, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { CodeForm } from './code-form.tsx';
import { EnrolmentReview } from './enrolment-review.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Outcome = { kind: 'approved'; name: string; siteName: string; deviceId: string } | { kind: 'denied'; name: string };

export function EnrolmentPage(): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const { address, refine } = useNavigation();
  const [found, setFound] = useState<PendingEnrolment | undefined>(undefined);
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const [asked, { reload }] = useAsked('enrolments', async (signal) => (await api.ask('listEnrolments', { signal })).pending);
  useLive((message) => {
    if (message.kind === 'enrolments') reload();
  }, reload);
  const show = (pending: PendingEnrolment): void => {
    setOutcome(undefined);
    setFound(pending);
    // in the address, so that a reload comes back to it; the code itself is done with
    refine({ request: pending.enrolmentId, code: '' });
  };
  const finish = (result: Outcome | undefined): void => {
    setFound(undefined);
    setOutcome(result);
    refine({ request: '', code: '' });
    reload();
  };
  const listed = asked.state === 'ready' ? asked.value : [];
  const review = found ?? listed.find(({ enrolmentId }) => enrolmentId === address.search['request']);
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle} />
      {outcome?.kind === 'approved' && (
        <Notice tone="ok" live>
          <p>{text.approved(outcome.name, outcome.siteName)}</p>
          <ButtonLink href={linkTo({ page: 'device', deviceId: outcome.deviceId })}>{text.toDevice}</ButtonLink>
        </Notice>
      )}
      {outcome?.kind === 'denied' && (
        <Notice tone="info" live>
          <p>{text.denied(outcome.name)}</p>
        </Notice>
      )}
      {review === undefined ? (
        <Panel title={text.codeTitle}>
          <CodeForm code={address.search['code'] ?? ''} onFound={show} />
        </Panel>
      ) : (
        <EnrolmentReview
          key={review.enrolmentId}
          pending={review}
          onApproved={(approved) => finish({ kind: 'approved', ...approved })}
          onDenied={() => finish({ kind: 'denied', name: review.name })}
          onBack={() => finish(undefined)}
        />
      )}
      <Panel title={text.waitingTitle} flush>
        <WhenReady asked={asked} onRetry={reload} rows={2}>
          {(pending) => (
            <Waiting
              pending={pending.filter(({ enrolmentId }) => enrolmentId !== review?.enrolmentId)}
              reviewing={review !== undefined}
              onReview={show}
            />
          )}
        </WhenReady>
      </Panel>
    </>
  );
}

function Waiting({
  pending,
  reviewing,
  onReview,
}: {
  pending: PendingEnrolment[];
  /** One more waits: it is looked at above. */
  reviewing: boolean;
  onReview(pending: PendingEnrolment): void;
}): ReactNode {
  const text = useText({ vi, en });
  const columns: Column<PendingEnrolment>[] = [
    {
      id: 'name',
      head: text.columns.name,
      rowHead: true,
      cell: (one) => (
        <span className="name-cell">
          <span>{one.name}</span>
          <span className="sub">{one.model}</span>
        </span>
      ),
    },
    { id: 'serial', head: text.columns.serial, cell: (one) => <span className="mono">{one.serial || '–'}</span> },
    { id: 'address', head: text.columns.address, cell: (one) => <span className="mono">{one.address}</span> },
    { id: 'left', head: text.columns.left, number: true, cell: (one) => <TimeLeft untilMs={one.expiresMs} /> },
    {
      id: 'action',
      head: text.columns.action,
      end: true,
      cell: (one) => (
        <Button
          small
          aria-label={`${text.review}: ${one.name}`}
          onPress={() => {
            onReview(one);
            window.scrollTo(0, 0);
          }}
        >
          {text.review}
        </Button>
      ),
    },
  ];
  if (pending.length === 0)
    return (
      <EmptyState icon="enrol" title={reviewing ? text.noOthers : text.waitingEmpty}>
        {!reviewing && <p>{text.waitingEmptyText}</p>}
      </EmptyState>
    );
  return <DataTable caption={text.waitingTitle} columns={columns} rows={pending} keyOf={(one) => one.enrolmentId} />;
}

export function TimeLeft({ untilMs, onOver }: { untilMs: number; onOver?: () => void }): ReactNode {
  const text = useText({ vi, en });
  const leftMs = untilMs - useNow(1_000);
  const over = leftMs <= 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when the time is over
  useEffect(() => {
    if (over) onOver?.();
  }, [over]);
  return <span className={leftMs < 120_000 ? 'warn-text' : undefined}>{over ? text.expired : countdownText(leftMs)}</span>;
}
