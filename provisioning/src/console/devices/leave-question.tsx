import { type ReactNode, useEffect, useState } from 'react';
import { useText } from '../language/language.tsx';
import { usePage } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { en } from './config-messages.en.ts';
import { vi } from './config-messages.vi.ts';

/** While `held`, whoever leaves the page is asked whether the changes may be lost. */
export function LeaveQuestion({ held, name, onDiscard }: { held: boolean; name: string; onDiscard(): void }): ReactNode {
  const { leave: text } = useText({ vi, en });
  const { guard } = usePage();
  const [leave, setLeave] = useState<{ go(): void } | undefined>(undefined);
  useEffect(() => {
    if (!held) return;
    guard.ask = (go) => setLeave({ go });
    return () => {
      guard.ask = undefined;
    };
  }, [guard, held]);
  const stay = (): void => setLeave(undefined);
  return (
    <Dialog title={text.title} open={leave !== undefined} onClose={stay} alert>
      <div className="form">
        <p>{text.text(name)}</p>
        <div className="form-actions end">
          <Button onPress={stay} autoFocus>
            {text.stay}
          </Button>
          <Button
            look="danger"
            onPress={() => {
              guard.ask = undefined;
              stay();
              onDiscard();
              leave?.go();
            }}
          >
            {text.discard}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
