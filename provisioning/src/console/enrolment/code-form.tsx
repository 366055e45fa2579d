/** The code of a waiting device: put in order while it is typed, its check letter looked at before anybody is asked. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Form } from 'react-aria-components';
import type { PendingEnrolment } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { readTypedCode, type TypedCode, tidyCode } from './typed-code.ts';

export function CodeForm({ code, onFound }: { code: string; onFound(pending: PendingEnrolment): void }): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const [typed, setTyped] = useState(() => tidyCode(code));
  const [shown, setShown] = useState(false);
  const look = useAction((whole: string) => api.ask('lookupEnrolment', { body: { code: whole } }));
  const read = readTypedCode(typed);

  const find = async (whole: string): Promise<void> => {
    setShown(true);
    if (readTypedCode(whole).state !== 'ready') return;
    const pending = await look.go(whole);
    if (pending !== undefined) onFound(pending);
  };
  // a link from the device's screen is looked up by itself, once: each wrong try counts
  const linked = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only for the code the page was opened with
  useEffect(() => {
    if (linked.current || code === '' || readTypedCode(code).state !== 'ready') return;
    linked.current = true;
    void find(tidyCode(code));
  }, []);
  return (
    <Form
      className="form code-form"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        void find(typed);
      }}
    >
      <FaultNotice fault={look.fault} />
      <TextField
        label={text.code}
        value={typed}
        onChange={(value) => {
          setTyped(tidyCode(value));
          setShown(false);
          look.clear();
        }}
        placeholder="BCD-FGH-JKX"
        help={text.codeHelp}
        fault={faultOf(read, shown, text)}
        autoComplete="off"
        autoFocus
        mono
      />
      <Button type="submit" look="primary" icon="search" busy={look.running}>
        {text.find}
      </Button>
    </Form>
  );
}

/** A letter that codes do not have and a wrong check letter are said at once; a code that is too short only when it is sent. */
function faultOf(read: TypedCode, shown: boolean, text: typeof vi): string | undefined {
  switch (read.state) {
    case 'wrong-letter':
      return text.letterWrong(read.letter);
    case 'wrong-check':
      return text.checkWrong;
    case 'partial':
      return shown ? text.tooShort(String(read.missing)) : undefined;
    case 'ready':
      return undefined;
    default:
      return read satisfies never;
  }
}
