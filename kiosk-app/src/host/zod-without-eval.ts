/** The page's policy forbids eval; zod must not try it. Imported before anything that makes a schema. */
import { z } from 'zod';

z.config({ jitless: true });
