/** Headers that keep a page of ours from being framed, sniffed or made to load anything from elsewhere. */
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** `styleNonce`: lets the component library add the style elements it makes at run time. */
export function contentPolicy({ styleNonce }: { styleNonce?: string } = {}): string {
  const style = styleNonce === undefined ? `style-src 'self'` : `style-src 'self' 'nonce-${styleNonce}'`;
  return [
    ...[
      `default-src 'none'`,
      `script-src 'self'`,
      style,
      `img-src 'self' data:`,
      `font-src 'self'`,
      `connect-src 'self'`,
      `manifest-src 'self'`,
    ],
    ...[`base-uri 'none'`, `form-action 'self'`, `frame-ancestors 'none'`],
  ].join('; ');
}

/** `https`: browsers reach us by TLS, so they may be told to insist on it. */
export async function securityHeaders(app: FastifyInstance, { https }: { https: boolean }): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: false,
    hsts: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    crossOriginEmbedderPolicy: false,
  });
  app.addHook('onRequest', async (_request, reply) => {
    void reply.header('content-security-policy', contentPolicy());
    void reply.header('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=()');
  });
}
