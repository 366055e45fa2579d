/** The device agent as a program: node device-agent/src/main.ts --config agent.json. Standard output carries log lines and lines for a starter. */
import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { runProgram, wrongWords } from '@tramhoc/base/command-line';

const usage = `usage: tramhoc agent start --config <agent.json>

Runs the agent of this computer until it is told to stop (SIGTERM, SIGINT). device-agent/README.md says what the config holds.`;

/**
 * Before anything large is loaded: what Node compiled last time is taken from `<dataDir>/compiled`, which halves the time to the first event and takes
 * a fifth less memory. Only where the data folder is there already, so that the agent itself makes it with the rights that it wants.
 */
function useCompiled(configPath: string): void {
  try {
    const { dataDir } = JSON.parse(readFileSync(configPath, 'utf8')) as { dataDir?: unknown };
    if (typeof dataDir === 'string' && existsSync(dataDir)) enableCompileCache(join(dataDir, 'compiled'));
  } catch {
    // a config that cannot be read is told of by who reads it in earnest
  }
}

await runProgram({ usage, options: { config: { type: 'string', short: 'c' } } }, async ({ values: { config } }) => {
  if (config === undefined) throw wrongWords('--config is missing', usage);
  useCompiled(config);
  const { runAgent } = await import('./agent-program.ts');
  await runAgent(config);
});
