/** What only the admin socket offers, besides every address of the API. */
import { z } from 'zod';

export const PasswordReset = z.strictObject({ userName: z.string().min(1).max(80).default('admin') });
export const PasswordResetDone = z.object({ userName: z.string(), password: z.string() });
export const passwordResetPath = '/api/local/password-reset';
