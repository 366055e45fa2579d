/** "Are you still there?" over everything, dialogs included: a native modal dialog lies in the browser's top layer. */
import { type ReactNode, useEffect, useRef } from 'react';
import { BigButton } from '../ui/controls.view.tsx';
import { uiEn } from '../ui/messages.en.ts';
import { uiVi } from '../ui/messages.vi.ts';
import { useMessages } from '../ui/screen-context.view.tsx';

export function Countdown({
  seconds,
  onStay,
  onErase,
  children,
}: {
  seconds: number;
  onStay(): void;
  onErase(): void;
  children?: ReactNode;
}) {
  const t = useMessages({ vi: uiVi, en: uiEn });
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="countdown"
      role="alertdialog"
      // An open dialog of React Aria makes everything outside itself inert, except what says this.
      data-react-aria-top-layer="true"
      aria-labelledby="countdown-title"
      aria-describedby="countdown-hint"
      onCancel={(event) => {
        event.preventDefault();
        onStay();
      }}
    >
      <div className="countdown-inside">
        <p className="countdown-number" aria-hidden="true">
          {seconds}
        </p>
        <h2 id="countdown-title">{t.stillThere}</h2>
        <p className="lead" id="countdown-hint">
          {t.stillThereHint(seconds)}
        </p>
        <div className="page-buttons">
          <BigButton kind="plain" onPress={onErase}>
            {t.erase}
          </BigButton>
          <BigButton kind="main" onPress={onStay} autoFocus>
            {t.stillHere}
          </BigButton>
        </div>
      </div>
      {children}
    </dialog>
  );
}
