/** The quiet page around sign-in: the product, one card, the language. */
import { type ReactNode, useContext, useEffect } from 'react';
import { LanguageContext, useText } from '../language/language.tsx';
import { Button } from '../ui/button.tsx';
import { Mark } from '../ui/icon.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function SessionCard({ title, children }: { title?: string; children: ReactNode }): ReactNode {
  const text = useText({ vi, en });
  const { language, choose } = useContext(LanguageContext);
  useEffect(() => {
    document.title = title === undefined ? text.product : `${title} · ${text.product}`;
  }, [title, text]);
  return (
    <main className="session-page">
      <div className="session-brand">
        <Mark size={44} />
        <div>
          <p className="session-product">{text.product}</p>
          <p className="session-tagline">{text.tagline}</p>
        </div>
      </div>
      <div className="session-card">
        {title !== undefined && <h1>{title}</h1>}
        {children}
      </div>
      <Button look="quiet" onPress={() => choose(language === 'vi' ? 'en' : 'vi')}>
        {language === 'vi' ? <span lang="en">English</span> : <span lang="vi">Tiếng Việt</span>}
      </Button>
    </main>
  );
}
