import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { BigButton } from '../../ui/controls.view.tsx';
import { useMessages } from '../../ui/screen-context.view.tsx';
import { feedbackEn } from './messages.en.ts';
import { feedbackVi } from './messages.vi.ts';

/** Asked before unsent words are thrown away. */
export function LeaveDialog({ open, onStay, onLeave }: { open: boolean; onStay(): void; onLeave(): void }) {
  const t = useMessages({ vi: feedbackVi, en: feedbackEn });
  return (
    <ModalOverlay className="overlay" isOpen={open} onOpenChange={(now) => !now && onStay()}>
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{t.leaveTitle}</Heading>
          <p>{t.leaveText}</p>
          <div className="page-buttons">
            <BigButton kind="danger" onPress={onLeave}>
              {t.leave}
            </BigButton>
            <BigButton kind="main" onPress={onStay} autoFocus>
              {t.stay}
            </BigButton>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
