import { render, screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import App from './App.svelte';
import { act, button, buyTeapot, freshHost, money, opened, pane, person, waiting } from './driving';
import { guides } from './guide/guide';
import type { FakeHost } from './host/fake';

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
});

const guide = () => screen.findByRole('dialog', { name: '使用指南' });
const gone = () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());

describe('the guide opens and closes', () => {
  test('by F1, over whatever is on screen, and leaves it as it was', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    pane('wait');
    const before = money();
    await user.keyboard('{F1}');
    await guide();
    await user.keyboard('{F1}');
    await gone();
    await user.keyboard('{F1}');
    await guide();
    await user.keyboard('{Escape}');
    await gone();
    pane('wait');
    expect(money()).toBe(before);
  });

  test('by the key for help of macOS, and by the system’s menu', async () => {
    const user = await opened(host);
    await user.keyboard('{Meta>}?{/Meta}');
    await guide();
    await user.click(button('dialog .close'));
    await gone();
    host.guide();
    await guide();
  });

  test('with single letters switched off, and from a text field', async () => {
    localStorage.setItem('single-keys', 'off');
    const user = await opened(host);
    await user.keyboard('{Control>}f{/Control}');
    await waitFor(() => expect(document.activeElement).toBeInstanceOf(HTMLInputElement));
    await user.keyboard('{F1}');
    expect(await guide()).toBeVisible();
  });

  test('by its button, before any room is open', async () => {
    host.entrance = { code: 'no_answer', message: '' };
    const user = person();
    render(App, { host });
    await screen.findByText('商店没有回应');
    await user.click(act('guide'));
    expect(within(await guide()).getByRole('heading', { name: '解决问题' })).toBeVisible();
  });

  test('from the settings, and gives way to the list of keys', async () => {
    const user = await opened(host);
    await user.click(button('[data-section="settings"]'));
    await user.click(button('[data-group="about"]'));
    await waitFor(() => button('[data-settings="about"] [data-act="guide"]'));
    await user.click(button('[data-settings="about"] [data-act="guide"]'));
    await guide();
    await user.click(act('keys'));
    expect(await screen.findByRole('dialog', { name: '键盘操作' })).toBeVisible();
  });
});

describe('in the guide', () => {
  test('the contents lead to their headings, and name the sections of the chapter that is read', async () => {
    const user = await opened(host);
    await user.keyboard('{F1}');
    const dialog = await guide();
    const contents = within(dialog).getByRole('navigation', { name: '目录' });
    expect(within(contents).getAllByRole('button').map((one) => one.textContent)).toEqual(expect.arrayContaining(guides.zh.chapters.map(({ title }) => title)));
    await user.click(within(contents).getByRole('button', { name: '付款遇到问题' }));
    expect(document.activeElement).toBe(within(dialog).getByRole('heading', { name: '付款遇到问题' }));
  });

  test('a search shows what has its words, says how much that is, and Esc ends it before it closes', async () => {
    const user = await opened(host);
    await user.keyboard('{F1}');
    const dialog = await guide();
    await user.keyboard('/');
    expect(document.activeElement).toHaveAttribute('data-search');
    await user.keyboard('三个工作日');
    expect(within(dialog).getByRole('heading', { name: '退款要多久' })).toBeVisible();
    expect(within(dialog).queryByRole('heading', { name: '收据' })).toBeNull();
    await waitFor(() => expect(document.querySelector('[data-live="polite"]')).toHaveTextContent('找到 1 处'));
    await user.keyboard('{Escape}');
    expect(await guide()).toBeVisible();
    expect(within(dialog).getByRole('heading', { name: '收据' })).toBeVisible();
    await user.keyboard('没有这样的词');
    expect(within(dialog).getByText('指南里没有“没有这样的词”')).toBeVisible();
  });

  test('a link to what the search left out shows all again', async () => {
    const user = await opened(host);
    await user.keyboard('{F1}');
    const dialog = await guide();
    await user.keyboard('/');
    await user.keyboard('先不花钱');
    expect(within(dialog).queryByRole('heading', { name: '隐私' })).toBeNull();
    await user.click(within(dialog).getByRole('link', { name: '练习直播间' }));
    await waitFor(() => expect(document.activeElement).toBe(within(dialog).getByRole('heading', { name: '练习直播间' })));
    expect(within(dialog).getByRole('heading', { name: '隐私' })).toBeVisible();
  });

  test('keys of the room do nothing', async () => {
    const user = await opened(host);
    await user.keyboard('{F1}');
    await guide();
    await user.keyboard('b');
    await user.keyboard('{Control>}2{/Control}');
    expect(document.querySelector('[data-screen]')).toBeNull();
    expect(button('[data-section="room"]')).toHaveAttribute('aria-current', 'page');
  });
});
