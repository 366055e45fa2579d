/** A dialog over the page. `close` is handed to the content; while something runs it cannot be dismissed by accident. */
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useText } from '../language/language.tsx';
import { IconButton } from './button.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function Dialog({
  title,
  open,
  onClose,
  children,
  wide = false,
  alert = false,
  dismissable = true,
}: {
  title: string;
  open: boolean;
  onClose(): void;
  children: ReactNode;
  wide?: boolean;
  /** Something is about to be destroyed: a click beside the dialog does not close it. */
  alert?: boolean;
  dismissable?: boolean;
}): ReactNode {
  const text = useText({ vi, en });
  return (
    <ModalOverlay
      isOpen={open}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      isDismissable={dismissable && !alert}
      isKeyboardDismissDisabled={!dismissable}
      className="overlay"
    >
      <Modal className={wide ? 'modal wide' : 'modal'}>
        <AriaDialog role={alert ? 'alertdialog' : 'dialog'} className="dialog">
          <header>
            <Heading slot="title">{title}</Heading>
            {dismissable && <IconButton icon="close" label={text.close} onPress={onClose} />}
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
