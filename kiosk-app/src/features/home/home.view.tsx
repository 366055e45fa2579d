import { Button } from 'react-aria-components';
import { Icon, type IconName } from '../../ui/icons.view.tsx';
import { useMessages } from '../../ui/screen-context.view.tsx';
import type { Screen } from './home-machine.ts';
import { homeEn } from './messages.en.ts';
import { homeVi } from './messages.vi.ts';

export function HomeView({ onOpen }: { onOpen(screen: Screen): void }) {
  const t = useMessages({ vi: homeVi, en: homeEn });
  return (
    <div className="home">
      <div className="home-greeting">
        <h1>{t.greeting}</h1>
        <p>{t.question}</p>
      </div>
      <div className="tiles">
        <Tile kind="attendance" icon="card" title={t.attendance} hint={t.attendanceHint} onPress={() => onOpen('attendance')} />
        <Tile kind="feedback" icon="speech" title={t.feedback} hint={t.feedbackHint} onPress={() => onOpen('feedback')} />
      </div>
      <Button className="button quiet staff-entry" onPress={() => onOpen('device')}>
        <Icon name="tool" />
        <span>{t.staff}</span>
      </Button>
    </div>
  );
}

function Tile({ kind, icon, title, hint, onPress }: { kind: string; icon: IconName; title: string; hint: string; onPress(): void }) {
  return (
    <Button className={`tile to-${kind}`} onPress={onPress}>
      <span className="tile-icon">
        <Icon name={icon} />
      </span>
      <span className="tile-words">
        <span className="tile-title">{title}</span>
        <span className="tile-hint">{hint}</span>
      </span>
      <Icon name="forward" />
    </Button>
  );
}

/** Until the agent has said what this device is. */
export function StartingView() {
  const t = useMessages({ vi: homeVi, en: homeEn });
  return (
    <div className="centred">
      <div className="waiting-dots" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <h1>{t.starting}</h1>
      <p className="lead">{t.startingHint}</p>
    </div>
  );
}
