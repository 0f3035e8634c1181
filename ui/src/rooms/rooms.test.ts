import { render, screen, waitFor } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { tick } from 'svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import App from '../App.svelte';
import { act, button, buyTeapot, freshHost, opened, person, teapot, waiting } from '../driving';
import type { Entrance, KnownRoom } from '../host/contract';
import { blank, type FakeHost, fakeRoom } from '../host/fake';

let host: FakeHost;
const LINK = 'liveshop://room/paper?shop=https%3A%2F%2Fpaper.example&key=k';
const known: KnownRoom = { link: LINK, title: '纸夜', host: '小满', shop_url: 'https://paper.example', shop_key: '9c41e07f', entered_at: 1_787_318_000 };
const paper: Entrance = { entrance: 'open', room: { ...fakeRoom, room_id: 'paper', title: '纸夜' }, practice: false, shop_key: '9c41e07f', link: LINK };
const ask: Entrance = { entrance: 'ask_trust', room_id: 'paper', shop_url: 'https://paper.example', shop_key: '9c41e07f' };
const changed: Entrance = { ...ask, entrance: 'key_changed', known_key: 'aaaa' };

beforeEach(() => {
  host = freshHost();
  host.known = [known];
});

/** What opening a room by its link comes to; `enter` still gives the room that is open. */
function opens(to: Entrance | { code: 'bad_link' | 'no_answer'; message: string }) {
  host.openRoom = (link) => {
    host.calls.push({ name: 'openRoom', args: [link] });
    if (!('entrance' in to)) return Promise.reject(to);
    if (to.entrance === 'open') host.entrance = to;
    return Promise.resolve(to);
  };
}

async function inSettings(user: UserEvent): Promise<void> {
  await user.click(button('[data-section="settings"]'));
  await user.click(button('[data-group="rooms"]'));
}

async function paste(user: UserEvent, link: string): Promise<void> {
  await user.click(button('[data-room-link]'));
  await user.paste(link);
  await user.click(act('open-link'));
}

describe('the rooms entered before', () => {
  test('are named with shop and key, opened, copied and forgotten', async () => {
    opens(paper);
    const user = await opened(host);
    await inSettings(user);
    const row = await waitFor(() => button(`[data-room="${LINK}"]`));
    for (const words of ['纸夜', '小满', 'paper.example', '9c41 e07f', '2026-08-21']) expect(row).toHaveTextContent(words);
    await user.click(act('copy-link'));
    expect(host.called('copy')[0]?.args).toEqual([LINK]);
    await user.click(act('forget'));
    expect(document.activeElement).toHaveTextContent('从列表移除“纸夜”？');
    await user.click(act('no'));
    await waitFor(() => expect(document.activeElement).toBe(act('forget')));
    expect(host.called('forgetRoom')).toHaveLength(0);
    await user.click(act('open-room'));
    await waitFor(() => expect(screen.getByRole('heading', { name: '纸夜' })).toBeVisible());
    expect(document.querySelector('[data-settings]')).toBeNull();
    await waitFor(() => expect(document.activeElement?.id).toBe('area-column'));
    await inSettings(user);
    expect(await screen.findByText('你在这里')).toBeVisible();
    expect(document.querySelector('[data-act="forget"]')).toBeNull();
  });

  test('leave the list when that is confirmed', async () => {
    const user = await opened(host);
    await inSettings(user);
    await user.click(await screen.findByRole('button', { name: '移除：纸夜' }));
    await user.click(act('yes'));
    expect(await screen.findByText('还没有进过别的直播间')).toBeVisible();
    expect(host.called('forgetRoom')[0]?.args).toEqual([LINK]);
    expect(document.activeElement).toBe(button('[data-room-link]'));
  });

  test('say so when they cannot be read', async () => {
    host.known = { code: 'storage', message: '' };
    const user = await opened(host);
    await inSettings(user);
    await screen.findByText('没能读取进过的直播间');
    host.known = [known];
    await user.click(button('[data-settings] [data-act="retry"]'));
    expect(await screen.findByText('小满')).toBeVisible();
  });
});

describe('a pasted link', () => {
  test('that does not open is told of under the field, which keeps it', async () => {
    opens({ code: 'bad_link', message: '' });
    const user = await opened(host);
    await inSettings(user);
    await user.click(act('open-link'));
    const field = button('[data-room-link]');
    expect(field).toHaveAccessibleDescription('先把直播间的链接粘贴到这里。');
    await paste(user, ' liveshop://room ');
    expect(host.called('openRoom')[0]?.args).toEqual(['liveshop://room']);
    await waitFor(() => expect(field).toHaveAccessibleDescription(/这个链接打不开/));
    expect(field).toHaveValue(' liveshop://room ');
    expect(document.activeElement).toBe(field);
    expect(document.querySelector('[data-settings="rooms"]')).not.toBeNull();
  });

  test('asks for trust as at the start; not now leads back to the room that is open', async () => {
    opens(ask);
    host.trusted = paper;
    const user = await opened(host);
    const shelves = host.called('shelf').length;
    await inSettings(user);
    await paste(user, LINK);
    await screen.findByRole('heading', { name: '信任这家商店吗？' });
    await user.click(act('back'));
    await waitFor(() => expect(document.querySelector('[data-entrance]')).toBeNull());
    expect(button('#area-stage')).toHaveTextContent(fakeRoom.title);
    expect(host.called('shelf')).toHaveLength(shelves);
    await waitFor(() => expect(document.activeElement?.id).toBe('area-column'));
    await inSettings(user);
    await paste(user, LINK);
    host.entrance = paper;
    await user.click(await waitFor(() => act('trust')));
    expect(await screen.findByRole('heading', { name: '纸夜' })).toBeVisible();
  });
});

describe('another room', () => {
  test('brings its own goods and orders, and what is left goes on without a word here', async () => {
    host.onBuy = waiting();
    opens(paper);
    await buyTeapot(host);
    host.stock = [{ ...teapot, goods_id: 'p1', title: '手工笔记本', pinned: false }];
    host.link(LINK);
    expect(await screen.findByText('手工笔记本')).toBeVisible();
    expect(screen.queryByText('粗陶侧把壶')).toBeNull();
    expect(document.querySelector('[data-screen], [data-pending]')).toBeNull();
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] });
    await tick();
    expect(document.querySelector('[data-screen], [data-pending]')).toBeNull();
    expect(button('[data-live="assertive"]').textContent).toBe('');
    expect(host.called('dismiss')).toHaveLength(0);
  });

  test('that does not answer leaves a way back', async () => {
    opens({ code: 'no_answer', message: '' });
    const user = await opened(host);
    host.link(LINK);
    await screen.findByRole('heading', { name: '商店没有回应' });
    await user.click(act('retry'));
    await waitFor(() => expect(host.called('openRoom')).toHaveLength(2));
    await user.click(await waitFor(() => act('back-to-room')));
    expect(await screen.findByRole('heading', { name: /本场商品/ })).toBeVisible();
  });
});

test('a room that opened late is the one on the page, whatever was asked for since and came to nothing', async () => {
  let answer: (entrance: Entrance) => void = () => {};
  const user = await opened(host);
  await inSettings(user);
  host.openRoom = () => new Promise((resolve) => (answer = resolve));
  await user.click(button('[data-act="open-room"]'));
  const late = answer;
  opens({ code: 'bad_link', message: '' });
  await paste(user, 'liveshop://nowhere');
  host.entrance = paper;
  late(paper);
  await waitFor(() => expect(document.querySelector('.stage h1')).toHaveTextContent('纸夜'));
});

test('what was taken up in a room that was left is not shown in the next', async () => {
  host.onBuy = { stage: 'refused', refusal: { code: 'request_conflict', message: '', order_id: 'o9' } };
  const user = await buyTeapot(host);
  let answer: () => void = () => {};
  host.takeUp = (_requestId, onView) =>
    new Promise((resolve) => {
      answer = () => {
        onView({ ...blank, request_id: 'r9', order_id: 'o9', bought: { goods_id: 'g2', lot: 2, title: '粗陶侧把壶', kind: 'merchandise', fins: null, picture: null }, quantity: 1, amount_fen: 22_800, pay_type: 'alipay', stage: waiting() });
        resolve('r9');
      };
    });
  await user.click(act('show-code'));
  opens(paper);
  host.link(LINK);
  await screen.findByRole('heading', { name: '纸夜' });
  answer();
  await tick();
  await tick();
  expect(document.querySelector('[data-screen], [data-pending]')).toBeNull();
});

describe('every dead end has a way on', () => {
  test.each([
    ['failed', { code: 'no_answer', message: '' } as const],
    ['key_changed', changed],
  ])('%s', async (at, entrance) => {
    host.entrance = entrance;
    render(App, { host });
    const user = person();
    await waitFor(() => button(`[data-entrance="${at}"]`));
    opens(paper);
    await waitFor(() => act('practice'));
    expect(button('[data-room-link]')).toBeVisible();
    await user.click(await waitFor(() => button(`[data-other-rooms] [data-room="${LINK}"]`)));
    expect(await screen.findByRole('heading', { name: '纸夜' })).toBeVisible();
  });

  test('declined leads to the practice room', async () => {
    host.entrance = ask;
    render(App, { host });
    const user = person();
    await user.click(await waitFor(() => act('back')));
    await waitFor(() => act('practice'));
    host.entrance = { entrance: 'open', room: fakeRoom, practice: true, shop_key: '3f9a', link: null };
    await user.click(act('practice'));
    expect(await screen.findByText(/不会产生真实扣款/)).toBeVisible();
    expect(host.called('openPractice')).toHaveLength(1);
  });

  test('no practice room is offered where there is none, or where it is what failed', async () => {
    host.info = { ...host.info, practice: false };
    host.entrance = { code: 'no_answer', message: '' };
    const { unmount } = render(App, { host });
    await waitFor(() => button('[data-other-rooms]'));
    expect(document.querySelector('[data-act="practice"]')).toBeNull();
    unmount();
    host = freshHost();
    host.entrance = { code: 'practice_failed', message: '' };
    render(App, { host });
    await waitFor(() => button('[data-other-rooms]'));
    expect(document.querySelector('[data-act="practice"]')).toBeNull();
  });
});

test('the top bar leads to where rooms are chosen', async () => {
  const user = await opened(host);
  await user.click(act('change-room'));
  expect(document.querySelector('[data-settings="rooms"]')).not.toBeNull();
});
