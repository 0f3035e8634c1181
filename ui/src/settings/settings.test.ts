import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { button, freshHost, opened } from '../driving';
import type { FakeHost } from '../host/fake';
import App from '../App.svelte';

let host: FakeHost;
const root = document.documentElement;

beforeEach(() => {
  host = freshHost();
});
afterEach(() => void vi.restoreAllMocks());

async function at(group: string): Promise<UserEvent> {
  const user = await opened(host);
  await user.click(button('[data-section="settings"]'));
  await user.click(button(`[data-group="${group}"]`));
  return user;
}

describe('language', () => {
  test('is chosen at once, told to the program and remembered', async () => {
    const user = await at('general');
    await waitFor(() => expect(host.told).toEqual({ language: 'zh', notifications: true }));
    await user.click(screen.getByRole('radio', { name: 'English' }));
    expect(screen.getByRole('heading', { name: 'General' })).toBeVisible();
    expect(localStorage.getItem('language')).toBe('en');
    expect(host.told).toEqual({ language: 'en', notifications: true });
    expect(button('[data-live="polite"]')).toHaveTextContent('Saved');
  });

  test('follows the system, also when that changes', async () => {
    const system = vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-GB');
    const user = await at('general');
    await user.click(screen.getByRole('radio', { name: '跟随系统' }));
    expect(screen.getByRole('radio', { name: 'As the system' })).toBeChecked();
    expect(localStorage.getItem('language')).toBeNull();
    system.mockReturnValue('zh-CN');
    window.dispatchEvent(new Event('languagechange'));
    await waitFor(() => expect(screen.getByRole('radio', { name: '跟随系统' })).toBeChecked());
    expect(root.lang).toBe('zh-CN');
  });

  test('moves with the arrow keys, as radio buttons do', async () => {
    const user = await at('general');
    screen.getByRole('radio', { name: '中文' }).focus();
    await user.keyboard('{ArrowDown}');
    expect(screen.getByRole('radio', { name: 'English' })).toBeChecked();
  });
});

test('notifications are switched off here and in the program', async () => {
  const user = await at('general');
  await user.click(screen.getByRole('checkbox', { name: '系统通知' }));
  expect(host.told).toEqual({ language: 'zh', notifications: false });
  expect(localStorage.getItem('notifications')).toBe('off');
});

test('single letters are switched off', async () => {
  const user = await at('general');
  await user.click(screen.getByRole('checkbox', { name: /单个字母/ }));
  expect(localStorage.getItem('single-keys')).toBe('off');
});

describe('how it looks', () => {
  test('takes effect at once and is there the next time', async () => {
    const user = await at('look');
    await user.click(screen.getByRole('radio', { name: '深色' }));
    expect(root.dataset['theme']).toBe('dark');
    expect(root.dataset['motion']).toBe('full');
    await user.click(screen.getByRole('radio', { name: '减少动效' }));
    expect(root.dataset['motion']).toBe('reduced');
    const style = vi.spyOn(root.style, 'setProperty');
    await user.click(screen.getByRole('radio', { name: '125%' }));
    expect(style).toHaveBeenLastCalledWith('zoom', '1.25');
    cleanup();
    root.dataset['motion'] = '';
    style.mockClear();
    render(App, { host });
    await waitFor(() => expect(style).toHaveBeenLastCalledWith('zoom', '1.25'));
    expect(root.dataset['motion']).toBe('reduced');
    expect(root.dataset['theme']).toBe('dark');
  });

  test('reduces motion where the system asks for it', async () => {
    vi.spyOn(window, 'matchMedia').mockImplementation((query) => ({ matches: query.includes('reduced-motion'), addEventListener: () => {} }) as unknown as MediaQueryList);
    await at('look');
    expect(root.dataset['motion']).toBe('reduced');
  });
});

describe('about', () => {
  test('names version and data folder, and copies the folder', async () => {
    const user = await at('about');
    expect(await screen.findByText('Liveshop 0.1.0')).toBeVisible();
    expect(screen.getByText('这个版本带有练习直播间。')).toBeVisible();
    await user.click(button('[data-act="copy-folder"]'));
    expect(host.called('copy')[0]?.args).toEqual([host.info.data_folder]);
    await waitFor(() => expect(button('[data-act="copy-folder"]')).toHaveTextContent('路径已复制'));
  });

  test('says when it cannot be read, and reads again', async () => {
    const about = host.about.bind(host);
    host.about = () => Promise.reject(new Error('no'));
    const user = await at('about');
    await screen.findByText('没能读取版本信息');
    host.about = about;
    await user.click(button('[data-settings] [data-act="retry"]'));
    expect(await screen.findByText('Liveshop 0.1.0')).toBeVisible();
  });
});

test('the group in view is marked, and the show stays reachable', async () => {
  const user = await at('rooms');
  expect(button('[data-group="rooms"]')).toHaveAttribute('aria-current', 'true');
  await user.click(button('[data-section="room"]'));
  expect(document.querySelector('[data-settings]')).toBeNull();
});
