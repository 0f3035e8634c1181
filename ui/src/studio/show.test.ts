import { screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button } from '../driving';
import type { CommandError, Room } from '../host/contract';
import { type FakeHost, fakeRoom } from '../host/fake';
import { fieldOf, fill, inStudio, input, studioHost, told } from './driving';

const away: CommandError = { code: 'no_answer', message: '' };

let host: FakeHost;

beforeEach(() => {
  host = studioHost();
});

function room(): Room {
  if (typeof host.entrance === 'object' && 'room' in host.entrance) return host.entrance.room;
  throw new Error('no room is open');
}

function changeRoom(more: Partial<Room>): void {
  if (typeof host.entrance === 'object' && 'room' in host.entrance) host.entrance = { ...host.entrance, room: { ...host.entrance.room, ...more } };
}

describe('the show settings', () => {
  test('change title, notice, stream and start', async () => {
    const user = await inStudio(host, 'show');
    await fill(user, input('title'), '茶会');
    await fill(user, input('notice'), '今晚包邮');
    await fill(user, input('stream'), 'https://live.example/show.m3u8');
    await fill(user, input('starts_at'), '2026-08-23 20:00');
    await user.click(act('save-show'));
    const starts_at = new Date(2026, 7, 23, 20, 0).getTime() / 1000;
    await waitFor(() => expect(room()).toMatchObject({ title: '茶会', notice: '今晚包邮', stream: 'https://live.example/show.m3u8', starts_at, state: 'live' }));
    expect(host.called('editRoom')[0]?.args[0]).toMatchObject({ revision: 1 });
    await user.click(act('undo'));
    await waitFor(() => expect(room()).toMatchObject({ title: fakeRoom.title, notice: null, stream: null, starts_at: null }));
    await waitFor(() => expect(input('title')).toHaveValue(fakeRoom.title));
  });

  test('say what cannot stand', async () => {
    const user = await inStudio(host, 'show');
    await fill(user, input('title'), '');
    await fill(user, input('stream'), 'http://live.example/show.m3u8');
    await fill(user, input('starts_at'), 'heute');
    await user.keyboard('{Control>}s{/Control}');
    expect(fieldOf('title')).toHaveTextContent('标题要 1 到 60 字');
    expect(fieldOf('stream')).toHaveTextContent('要以 https:// 开头');
    expect(fieldOf('starts_at')).toHaveTextContent('写成 21:30');
    expect(host.called('editRoom')).toHaveLength(0);
    await fill(user, input('stream'), 'http://127.0.0.1:8080/a.m3u8');
    await user.tab();
    expect(fieldOf('stream')).not.toHaveTextContent('要以 https:// 开头，');
  });

  test('that were not saved keep what was typed', async () => {
    const user = await inStudio(host, 'show');
    await fill(user, input('title'), '茶会');
    host.studio.onEdit = away;
    await user.click(act('save-show'));
    expect(await screen.findByText(/没有保存成功，观众看到的还是原来的。商店没有回应/)).toBeVisible();
    expect(input('title')).toHaveValue('茶会');
    host.studio.onEdit = 'done';
    await user.click(act('save-show'));
    await waitFor(() => expect(room().title).toBe('茶会'));
  });

  test('changed by another device meanwhile show both values', async () => {
    const user = await inStudio(host, 'show');
    await fill(user, input('title'), '茶会');
    changeRoom({ title: '对方的茶会', notice: '对方的公告' });
    host.studio.roomRevision = 2;
    await user.click(act('save-show'));
    await screen.findByText('直播设置刚被另一台设备改过');
    expect(button('[data-differs="title"]')).toHaveTextContent('茶会');
    expect(button('[data-differs="title"]')).toHaveTextContent('对方的茶会');
    await user.click(act('settle'));
    await waitFor(() => expect(room()).toMatchObject({ title: '茶会', notice: '对方的公告' }));
  });

  test('go live and over after asking, which says what viewers see; that is not taken back by undo', async () => {
    changeRoom({ state: 'soon' });
    const user = await inStudio(host, 'show');
    await user.click(act('go-live'));
    expect(screen.getByText(/还没有填直播地址/)).toBeVisible();
    await user.click(act('yes'));
    await waitFor(() => expect(room().state).toBe('live'));
    await waitFor(() => expect(button('[data-show-state]')).toHaveTextContent(/直播中 00:00:0\d/));
    expect(document.querySelector('[data-act="undo"]')).toBeNull();
    await user.click(act('end-show'));
    expect(screen.getByText('观众看到“直播结束了”，画面停止，不能再下新订单。已下的订单照常进行。')).toBeVisible();
    await user.click(act('no'));
    expect(room().state).toBe('live');
    await user.click(act('end-show'));
    await user.click(act('yes'));
    await waitFor(() => expect(room().state).toBe('over'));
  });
});

describe('the practice room', () => {
  test('is reset after asking', async () => {
    host.studio.who = { streamer: '练习主播', rehearsal: true };
    const user = await inStudio(host, 'show');
    await user.click(act('reset-practice'));
    await user.click(act('yes'));
    await waitFor(() => expect(host.called('resetPractice')).toHaveLength(1));
    await waitFor(() => expect(button('[data-section="room"]')).toHaveAttribute('aria-current', 'page'));
  });

  test('that is not reset says so', async () => {
    host.studio.who = { streamer: '练习主播', rehearsal: true };
    host.rehearsal.resetPractice = () => Promise.reject(away);
    const user = await inStudio(host, 'show');
    await user.click(act('reset-practice'));
    await user.click(act('yes'));
    expect(await screen.findByText(/没有重置成功/)).toBeVisible();
  });

  test('alone can be reset', async () => {
    await inStudio(host, 'show');
    expect(document.querySelector('[data-act="reset-practice"]')).toBeNull();
  });
});

describe('hosting', () => {
  test('begins with the token of the shop, and leads to the studio', async () => {
    host.studio.who = { streamer: null, rehearsal: false };
    const { opened } = await import('../driving');
    const user = await opened(host);
    await user.keyboard('{Control>}4{/Control}');
    await user.click(button('[data-group="host"]'));
    expect(screen.getByText(/storefront streamer add/)).toBeVisible();
    await user.click(act('host'));
    expect(screen.getByText('先把口令粘贴到这里。')).toBeVisible();
    host.studio.onHost = { code: 'unauthorised', message: '' };
    await user.type(input('host-token'), ' lst_1 ');
    await user.click(act('host'));
    expect(await screen.findByText(/商店不认这个口令/)).toBeVisible();
    expect(document.querySelector('[data-section="studio"]')).toBeNull();
    host.studio.onHost = 'taken';
    await user.click(act('host'));
    await waitFor(() => expect(host.called('host').at(-1)?.args).toEqual(['lst_1']));
    await waitFor(() => expect(document.activeElement).toBe(act('to-studio')));
    await user.click(act('to-studio'));
    expect(await screen.findByRole('heading', { name: '工作室' })).toBeVisible();
  });

  test('ends after asking, and the studio closes', async () => {
    const user = await inStudio(host);
    await user.keyboard('{Control>}4{/Control}');
    await user.click(button('[data-group="host"]'));
    await user.click(act('stop-hosting'));
    await user.click(act('yes'));
    await waitFor(() => expect(host.called('stopHosting')).toHaveLength(1));
    await waitFor(() => expect(document.querySelector('[data-section="studio"]')).toBeNull());
  });
});

test('a saved edit says so on every page', async () => {
  const user = await inStudio(host, 'show');
  await fill(user, input('notice'), '公告');
  await user.click(act('save-show'));
  await waitFor(() => expect(told()).toBe('已保存'));
});
