/** Carries out one LoadOrder (JSON on standard input) and prints the LoadResult. */
import { type LoadOrder, runLoad } from './load.ts';

let text = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) text += chunk;
process.stdout.write(`${JSON.stringify(await runLoad(JSON.parse(text) as LoadOrder))}\n`);
process.exit(0);
