import { expect, test } from 'vitest';
import { passwordHint } from './password-rules.ts';

const hint = (password: string) => passwordHint({ password, userName: 'admin' });

test('short, own name, repeated and counted-up passwords are called weak', () => {
  expect([hint('Ngắn quá!'), hint('admin2026admin'), hint('aaaabbbbaaaa'), hint('123456789012')]).toEqual([
    'short',
    'same-as-user',
    'repetitive',
    'repetitive',
  ]);
});

test('a few words are strong, twelve plain letters will do', () => {
  expect(hint('chuồn chuồn ớt đỏ')).toBe('strong');
  expect(hint('muaxuandautien')).toBe('fair');
});
