/**
 * Electron 25 carries Node 18.15, which lacks `diagnostics_channel.tracingChannel` (Node 18.19); pino asks for a channel when it is loaded. This one
 * has no subscribers, which is what pino finds on newer versions too. Imported before anything that loads pino.
 */
import diagnostics from 'node:diagnostics_channel';

const old = diagnostics as { tracingChannel?: (name: string) => unknown };
old.tracingChannel ??= () => ({
  hasSubscribers: false,
  traceSync: (run: (...args: unknown[]) => unknown, _context: unknown, self: unknown, ...args: unknown[]) => run.apply(self, args),
});
