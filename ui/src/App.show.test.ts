import { render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import App from './App.svelte';
import { act, button, freshHost, pane, person } from './driving';
import type { Room } from './host/contract';
import { type FakeHost, fakeRoom } from './host/fake';
import { type OpenPlayer, PLAYER, type PlayerEvent } from './live/player';

/** Players the stage opened, oldest first: what they were given, what was asked of them, and their voice. */
interface Opened {
  video: HTMLVideoElement;
  source: string;
  asked: string[];
  tell: (event: PlayerEvent) => void;
}

let host: FakeHost;
let opened: Opened[];

beforeEach(() => {
  host = freshHost();
  opened = [];
});

const open: OpenPlayer = (video, source, tell) => {
  const asked: string[] = [];
  const ask = (what: string) => () => void asked.push(what);
  opened.push({ video, source, asked, tell });
  return { play: ask('play'), pause: ask('pause'), sound: (muted, volume) => asked.push(muted ? 'silent' : `sound ${volume}`), toLive: ask('live'), choose: (height) => asked.push(`choose ${height}`), close: ask('close') };
};

const onAir: Partial<Room> = { state: 'live', stream: 'https://live.example/show.m3u8' };

function room(more: Partial<Room>): void {
  host.entrance = { entrance: 'open', room: { ...fakeRoom, ...more }, practice: false, shop_key: '3f9a', link: null };
}

/** Opens the window on a room; resolves with the player of its show. */
async function entered(more: Partial<Room>): Promise<Opened> {
  room(more);
  render(App, { props: { host }, context: new Map([[PLAYER, open]]) });
  await screen.findByRole('heading', { name: /本场商品/ });
  return opened[0] ?? { video: document.createElement('video'), source: '', asked: [], tell: () => {} };
}

function status(): string {
  return document.querySelector('[data-status]')?.textContent ?? '';
}

describe('the stage', () => {
  test('says in words how the picture stands, and shows the cover until it moves', async () => {
    const player = await entered({ ...onAir, cover: 'cover.jpg' });
    expect(player.source).toBe('https://live.example/show.m3u8');
    expect(status()).toBe('正在连接直播…');
    expect(screen.getByAltText(/的封面图片/)).toBeVisible();
    player.tell({ is: 'playing' });
    await waitFor(() => expect(status()).toBe(''));
    expect(screen.queryByAltText(/的封面图片/)).toBeNull();
    player.tell({ is: 'dropped' });
    await waitFor(() => expect(status()).toBe('画面断了，正在重连（第 1 次）。商品和付款不受影响。'));
    expect(document.querySelector('[data-live="polite"]')).toHaveTextContent('画面断了');
  });

  test('plays without sound until it is asked for', async () => {
    const player = await entered(onAir);
    const user = person();
    player.tell({ is: 'playing' });
    expect(player.asked).toEqual(['silent']);
    await user.click(await screen.findByRole('button', { name: '点一下打开声音' }));
    expect(player.asked.at(-1)).toBe('sound 1');
    expect(screen.getByRole('slider', { name: '音量' })).toHaveValue('1');
  });

  test('is driven by single letters', async () => {
    const player = await entered(onAir);
    const user = person();
    await user.keyboard('k');
    expect(player.asked).toEqual(['silent']);
    player.tell({ is: 'playing' });
    await user.keyboard('kml');
    expect(player.asked).toEqual(['silent', 'pause', 'sound 1', 'live']);
  });

  test('names the missing decoder, and buying goes on', async () => {
    const player = await entered(onAir);
    const user = person();
    player.tell({ is: 'no_codec' });
    await waitFor(() => expect(status()).toContain('gstreamer1.0-libav'));
    await user.click(button('[data-goods="g2"] button[data-buy]'));
    pane('choose');
  });

  test('loads a picture that will not come only when told to', async () => {
    const player = await entered(onAir);
    const user = person();
    player.tell({ is: 'broken' });
    await waitFor(() => expect(status()).toBe('直播画面打不开。商品和付款不受影响。'));
    expect(opened).toHaveLength(1);
    await user.click(act('retry-show'));
    expect(opened).toHaveLength(2);
    expect(document.activeElement?.id).toBe('area-stage');
  });

  test('goes on in the corner of another page, in the same element', async () => {
    const player = await entered(onAir);
    const user = person();
    player.tell({ is: 'playing' });
    await user.keyboard('{Control>}4{/Control}');
    const back = await screen.findByRole('button', { name: '回到直播间：开窑夜 · 新到茶器' });
    expect(document.querySelector('video')).toBe(player.video);
    expect([opened.length, player.asked]).toEqual([1, ['silent']]);
    expect(document.querySelector('[data-act="pause"]')).toBeNull();
    await user.click(back);
    expect(document.querySelector('video')).toBe(player.video);
    expect(act('pause')).toBeVisible();
  });

  test('follows the room from before its start to its end', async () => {
    await entered({ state: 'soon', starts_at: host.nowS + 90 });
    expect(status()).toBe('还没开播，1:30 后开始');
    expect(opened).toHaveLength(0);
    room(onAir);
    host.roomChanged();
    await waitFor(() => expect(opened).toHaveLength(1));
    room({ ...onAir, state: 'over' });
    host.roomChanged();
    await waitFor(() => expect(status()).toBe('直播结束了，谢谢观看'));
    expect(opened[0]?.asked.at(-1)).toBe('close');
    expect(document.querySelector('video')).toBeNull();
  });
});
