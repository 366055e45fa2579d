/** Everything a page of the kiosk may not do. Numbers refer to Electron's security checklist (docs/tutorial/security.md). */
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { app, Menu, protocol, type Session, type WebContents } from 'electron';
import { isAllowedKey } from './allowed-keys.ts';
import { pageAnswer } from './page-files.ts';

export const pageUrl = 'app://kiosk/';

/** Protocol and host, as written by the browser; `origin` of a scheme of our own is "null" for Node. */
export function isOurPage(url: string): boolean {
  try {
    const { protocol: scheme, host } = new URL(url);
    return scheme === 'app:' && host === 'kiosk';
  } catch {
    return false;
  }
}

/** Before the app is ready: the scheme of the page, and what goes for every page that will ever be made. */
export function lockBeforeReady({ sandboxAll, log }: { sandboxAll: boolean; log: Log }): void {
  if (sandboxAll) app.enableSandbox(); // 4
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }]); // 18
  Menu.setApplicationMenu(null);
  app.commandLine.appendSwitch('disable-pinch');
  app.commandLine.appendSwitch('overscroll-history-navigation', '0');
  app.commandLine.appendSwitch('touch-events', 'enabled');
  app.on('web-contents-created', (_event, contents) => lockContents(contents, log));
}

function lockContents(contents: WebContents, log: Log): void {
  const refuse = (what: string) => (event: { preventDefault(): void }) => {
    event.preventDefault();
    log.warn({ what }, 'the page tried to leave; refused');
  };
  contents.on('will-navigate', refuse('navigate')); // 13
  contents.on('will-frame-navigate', refuse('navigate frame'));
  contents.on('will-redirect', refuse('redirect'));
  contents.on('will-attach-webview', refuse('webview')); // 12
  contents.setWindowOpenHandler(() => ({ action: 'deny' })); // 14
  contents.on('before-input-event', (event, { key, control, alt, meta }) => {
    if (!isAllowedKey({ key, control, alt, meta })) event.preventDefault();
  });
}

/** What goes for the storage and network of one guest: only our own files, no permission, no device, no download. */
export function lockSession(session: Session, { distFolder, random, log }: { distFolder: string; random: Random; log: Log }): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn({ permission }, 'a permission was refused');
    answer(false); // 5
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOurPage(details.url) })); // 1
  session.protocol.handle('app', async (request) => {
    const nonce = Buffer.from(random.bytes(16)).toString('base64');
    const answer = isOurPage(request.url)
      ? await pageAnswer(
          { method: request.method, path: new URL(request.url).pathname },
          { distFolder, boot: { host: 'electron' }, nonce, connect: '' },
        )
      : { status: 404, headers: {}, body: '' };
    return new Response(answer.body as BodyInit, { status: answer.status, headers: answer.headers }); // 7
  });
}
