import { expect, test } from 'vitest';
import { en } from './en';
import { zh } from './zh';

/** All texts of a catalogue with their paths; functions are called with stand-ins for what they mention. */
function texts(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const facts = { was: '¥1', now: '¥2', left: 3, pieces: 9, limit: 4, bought: 5, channel: '支付宝', other: null, openable: false, due: '¥6', paid: '¥7', done: false, from: '支付宝', to: '微信支付', lot: 8, name: '壶', price: '9', count: '3', more: false, quantity: 2, amount: '12', state: '已付款', when: '21:25', part: '¥1', whole: '¥2' };
    // Words take one text, one number or one set of facts; each use draws only what it was given.
    return ['甲', 2, facts, { ...facts, left: 0, other: '微信支付', openable: true, done: true }].flatMap((argument) => texts(value(argument), path));
  }
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, path === '' ? key : `${path}.${key}`));
}

function paths(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, `${path}/${key}`));
}

const chinese = texts(zh, '');
const english = texts(en, '');

test('both languages have the same keys', () => {
  expect(paths(en).sort()).toEqual(paths(zh).sort());
});

test('no text is empty', () => {
  expect([...chinese, ...english].filter(([, text]) => text.trim() === '')).toEqual([]);
});

test('Chinese is punctuated in Chinese', () => {
  const wrong = chinese.filter(([, text]) => /\p{Script=Han}\s*[,?!;:]|[,?!;]\s*\p{Script=Han}/u.test(text));
  expect(wrong).toEqual([]);
});

test('English neither shouts nor says sorry', () => {
  expect(english.filter(([, text]) => /!|sorry/i.test(text))).toEqual([]);
  const pleading = english.filter(([, text]) => /please/i.test(text.replaceAll('Please do not pay again', '')));
  expect(pleading).toEqual([]);
});

test('English has no Chinese left in it', () => {
  const mixed = paths(en).filter((path) => {
    const value = path.split('/').slice(1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], en);
    return typeof value === 'string' && /\p{Script=Han}/u.test(value);
  });
  // The button that switches to Chinese says so in Chinese.
  expect(mixed.sort()).toEqual(['/otherLanguage', '/otherLanguageShort']);
});

test('every key is used somewhere', () => {
  const sources = import.meta.glob<string>(['../**/*.{svelte,ts}', '!../text/*', '!../**/*.test.ts'], { query: '?raw', import: 'default', eager: true });
  const all = Object.values(sources).join('\n');
  const used = (path: string) => new RegExp(`\\bwords\\.${path}\\b`).test(all);
  const areas = ['guide', 'orders', 'rehearsal', 'settings', 'show', 'studio', 'studioOrders', 'updates'] as const;
  const unused = Object.keys(zh).filter((key) => !used(key));
  const unusedOfAreas = areas.flatMap((area) => Object.keys(zh[area]).map((key) => `${area}\\.${key}`)).filter((path) => !used(path));
  expect([...unused, ...unusedOfAreas]).toEqual([]);
});
