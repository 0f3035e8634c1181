import { render, screen, waitFor } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { act, button, freshHost, opened, person } from '../driving';
import type { UpdateFailure, UpdateState, UpdateView, UpdateWay } from '../host/contract';
import type { FakeHost } from '../host/fake';
import { Announcer } from '../shared/announcer.svelte';
import { en } from '../text/en';
import { locale } from '../text/text.svelte';
import { zh } from '../text/zh';
import NewerVersion from './NewerVersion.svelte';
import { UpdatesState } from './updates.svelte';

let host: FakeHost;
let updates: UpdatesState;
let announcer: Announcer;

beforeEach(() => {
  host = freshHost();
  announcer = new Announcer();
  locale.language = 'zh';
});
afterEach(() => void (locale.language = 'zh'));

/** The part of the settings, without the window around it. */
async function at(state: UpdateState, way: UpdateWay = 'itself'): Promise<UserEvent> {
  host.newer.view = { way, state };
  updates = new UpdatesState(host, announcer);
  await updates.listen();
  render(NewerVersion, { updates });
  return person();
}

/** What happens outside of the page. */
async function comes(state: UpdateState): Promise<void> {
  host.newer.emit(state);
  await tick();
}

const found: UpdateState = { state: 'found', version: '0.2.0', notes: null };
const loading = (percent: number | null): UpdateState => ({ state: 'loading', version: '0.2.0', percent });
const failed = (failure: UpdateFailure, version: string | null): UpdateState => ({ state: 'failed', failure, version });
const shown = () => button('[data-update]');
const buttons = () => screen.queryAllByRole('button').map((one) => one.textContent);

describe.each([
  { language: 'zh' as const, words: zh.updates },
  { language: 'en' as const, words: en.updates },
])('in $language', ({ language, words }) => {
  beforeEach(() => void (locale.language = language));

  // A table over the contract's own states: a new one does not compile until it is here.
  const says: Record<Exclude<UpdateState['state'], 'failed'>, { state: UpdateState; said: string[]; buttons: string[] }> = {
    not_asked: { state: { state: 'not_asked' }, said: [words.daily], buttons: [words.look] },
    looking: { state: { state: 'looking' }, said: [words.looking], buttons: [words.look] },
    newest: { state: { state: 'newest' }, said: [words.newest, words.daily], buttons: [words.look] },
    found: { state: found, said: [words.found('0.2.0'), words.installHint], buttons: [words.install] },
    loading: { state: loading(42), said: [words.loading('0.2.0'), '42%'], buttons: [] },
    restarting: { state: { state: 'restarting', version: '0.2.0' }, said: [words.restarting], buttons: [] },
  };
  test.each(Object.entries(says))('%s says what is known, and offers what can be done', async (name, one) => {
    await at(one.state);
    expect(shown()).toHaveAttribute('data-update', name);
    for (const text of one.said) expect(shown()).toHaveTextContent(text);
    expect(buttons()).toEqual(one.buttons);
  });

  const failures: Record<UpdateFailure, string> = words.failure;
  test.each(Object.entries(failures) as [UpdateFailure, string][])('%s says what to do, and that nothing has changed', async (failure, body) => {
    await at(failed(failure, null));
    expect(shown()).toHaveAttribute('data-update', `failed:${failure}`);
    expect(shown()).toHaveTextContent(words.lookFailed);
    await comes(failed(failure, '0.2.0'));
    expect(shown()).toHaveTextContent(words.installFailed('0.2.0'));
    expect(shown()).not.toHaveTextContent(words.lookFailed);
    expect(shown()).toHaveTextContent(body);
    expect(shown()).toHaveTextContent(words.unchanged);
    expect(buttons()).toEqual([words.again]);
  });

  test.each([
    { way: 'deb' as const, command: 'sudo apt install ./FILE.deb' },
    { way: 'rpm' as const, command: 'sudo dnf install ./FILE.rpm' },
  ])('a $way names the command that installs a newer one over it', async ({ way, command }) => {
    await at({ state: 'not_asked' }, way);
    expect(shown()).toHaveAttribute('data-update', way);
    expect(shown()).toHaveTextContent(words.package[way]);
    expect(screen.getByText(command)).toHaveClass('selectable');
    expect(buttons()).toEqual([]);
  });

  test('a copy that cannot be updated from here leads to where it came from', async () => {
    await at({ state: 'not_asked' }, 'by_hand');
    expect(shown().textContent?.trim()).toBe(words.byHand);
  });
});

describe('looking', () => {
  test('is asked of the program once, and what comes of it is read out', async () => {
    const user = await at({ state: 'not_asked' });
    host.newer.onLook = { state: 'looking' };
    await user.click(act('look-for-update'));
    expect(act('look-for-update')).toHaveAttribute('aria-disabled', 'true');
    expect(announcer.polite).toBe('正在检查…');
    await user.click(act('look-for-update'));
    expect(host.called('lookForUpdate')).toHaveLength(1);
    await comes({ state: 'newest' });
    expect(announcer.polite).toBe('已经是最新版本。');
    expect(act('look-for-update')).toHaveFocus();
  });

  test('that nobody asked for talks to nobody', async () => {
    const user = await at({ state: 'not_asked' });
    await user.click(act('look-for-update'));
    await comes(found);
    expect(shown()).toHaveTextContent('有新版本 0.2.0。');
    expect(announcer.polite).toBe('已经是最新版本。');
  });

  test('that did not reach the program says so, until it does', async () => {
    const user = await at({ state: 'not_asked' });
    host.newer.onLook = { code: 'internal', message: '' };
    await user.click(act('look-for-update'));
    expect(await screen.findByRole('alert')).toHaveTextContent('没有成功，请再试一次。');
    await comes(found);
    expect(screen.queryByRole('alert')).toBeNull();
    expect(announcer.polite).toBe('');
  });
});

describe('a newer version', () => {
  test('shows its notes as they were written, and never as more than text', async () => {
    await at({ ...found, notes: '\n一行\n<b>another</b>\n' });
    const notes = screen.getByRole('region', { name: '新版本的说明' });
    expect(notes.textContent).toBe('一行\n<b>another</b>');
    await comes({ ...found, notes: ' \n' });
    expect(screen.queryByRole('region')).toBeNull();
  });

  test('is installed when asked for; how far it is, is read out once', async () => {
    const user = await at(found);
    host.newer.onInstall = loading(null);
    await user.click(act('install-update'));
    expect(host.called('installUpdate')).toHaveLength(1);
    expect(announcer.polite).toBe('正在下载新版本 0.2.0…');
    const bar = screen.getByRole('progressbar', { name: '正在下载新版本 0.2.0…' });
    expect(bar).not.toHaveAttribute('aria-valuenow');
    await waitFor(() => expect(screen.getByText(/正在下载/)).toHaveFocus());
    await comes(loading(61));
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '61');
    expect(announcer.polite).toBe('正在下载新版本 0.2.0…');
    await comes({ state: 'restarting', version: '0.2.0' });
    expect(announcer.polite).toBe('正在重新打开…');
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  test('that was not installed is told of at once, and can be looked for again', async () => {
    const user = await at(found);
    await user.click(act('install-update'));
    await comes(failed('forged', '0.2.0'));
    expect(announcer.assertive).toMatch(/^新版本 0\.2\.0 没有装上。 收到的文件没有.*签名/);
    host.newer.onLook = found;
    await user.click(act('look-for-update'));
    expect(announcer.polite).toBe('有新版本 0.2.0。');
    await waitFor(() => expect(screen.getByText('有新版本 0.2.0。')).toHaveFocus());
    await user.click(act('install-update'));
    expect(host.called('installUpdate')).toHaveLength(2);
  });
});

describe('a program that does not tell', () => {
  test('is asked again', async () => {
    host.newer.onTell = { code: 'internal', message: '' };
    const user = await at(found);
    expect(shown()).toHaveTextContent('没能读取更新的情况。');
    host.newer.onTell = 'told';
    await user.click(act('retry'));
    expect(shown()).toHaveTextContent('有新版本 0.2.0。');
    expect(host.called('updates')).toHaveLength(2);
  });

  test('is not listened to where it told before', async () => {
    const told: ((view: UpdateView) => void)[] = [];
    host.updates = (onView) => (told.push(onView), Promise.resolve());
    updates = new UpdatesState(host, announcer);
    await updates.listen();
    await updates.listen();
    told[1]?.({ way: 'itself', state: { state: 'newest' } });
    told[0]?.({ way: 'itself', state: found });
    expect(updates.view?.state).toEqual({ state: 'newest' });
  });
});

describe('in the window', () => {
  const named = (section: 'settings' | 'room') => button(`[data-section="${section}"]`);

  test('a dot leads to a newer version that nobody asked for', async () => {
    const user = await opened(host);
    expect(named('settings')).toHaveAccessibleName('设置');
    await comes(found);
    expect(named('settings')).toHaveAccessibleName('设置，有新版本');
    expect(named('room')).toHaveAccessibleName('直播间');
    expect(button('[data-live="polite"]')).toHaveTextContent(/^$/);
    await user.click(named('settings'));
    expect(button('[data-group="general"]')).toHaveAccessibleName('通用');
    expect(button('[data-group="about"]')).toHaveAccessibleName('关于，有新版本');
    await user.click(screen.getByRole('button', { name: /switch to English/ }));
    expect(named('settings')).toHaveAccessibleName('Settings, a newer version is available');
    await user.click(button('[data-group="about"]'));
    await user.click(await screen.findByRole('button', { name: 'Install and restart' }));
    expect(named('settings')).toHaveAccessibleName('Settings');
  });

  test('no dot stands for what cannot be installed from here', async () => {
    host.newer.view = { way: 'deb', state: found };
    await opened(host);
    expect(host.called('updates')).toHaveLength(1);
    expect(named('settings')).toHaveAccessibleName('设置');
  });

  test('what comes of it is told wherever the viewer is', async () => {
    const user = await opened(host);
    await user.click(named('settings'));
    await user.click(button('[data-group="about"]'));
    await waitFor(() => act('look-for-update'));
    host.newer.onLook = { state: 'looking' };
    await user.click(act('look-for-update'));
    await user.click(named('room'));
    await comes(failed('no_answer', null));
    expect(button('[data-live="assertive"]')).toHaveTextContent('没能检查更新。 更新的地址没有回应。请检查网络，再试一次。');
  });
});
