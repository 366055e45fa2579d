/** A page that fails while drawing shows this in its place; the frame around it keeps working. */
import { Component, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Props = { children: ReactNode };
export class CrashGuard extends Component<Props, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <Crashed error={this.state.error} />;
  }
}

function Crashed({ error }: { error: Error }): ReactNode {
  const text = useText({ vi, en });
  return (
    <EmptyState
      icon="warning"
      title={text.crashTitle}
      action={
        <Button look="primary" icon="refresh" onPress={() => window.location.reload()}>
          {text.reload}
        </Button>
      }
    >
      <p>{text.crashText}</p>
      <code>{error.message}</code>
    </EmptyState>
  );
}
