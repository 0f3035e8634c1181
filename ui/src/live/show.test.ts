import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OpenPlayer, PlayerEvent } from './player';
import { Show } from './show.svelte';

/** A player that notes what is asked of it; each one opened is kept. */
class Opened {
  readonly asked: string[] = [];
  readonly tells: ((event: PlayerEvent) => void)[] = [];

  readonly open: OpenPlayer = (_video, source, tell) => {
    this.asked.push(`open ${source}`);
    this.tells.push(tell);
    return {
      play: () => this.asked.push('play'),
      pause: () => this.asked.push('pause'),
      sound: (muted, volume) => this.asked.push(`sound ${muted ? 'off' : volume}`),
      toLive: () => this.asked.push('live'),
      choose: (height) => this.asked.push(`choose ${height}`),
      close: () => this.asked.push('close'),
    };
  };

  tell(event: PlayerEvent): void {
    this.tells.at(-1)?.(event);
  }
}

let opened: Opened;
let show: Show;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  opened = new Opened();
  show = new Show(opened.open);
});
afterEach(() => vi.useRealTimers());

function start(): () => void {
  return show.start(document.createElement('video'), 'a.m3u8');
}

test('a show begins without sound, under its cover until the first frame', () => {
  start();
  expect([show.phase, show.seen, opened.asked]).toEqual(['joining', false, ['open a.m3u8', 'sound off']]);
  opened.tell({ is: 'playing' });
  expect([show.phase, show.seen]).toEqual(['playing', true]);
});

test('a lost picture is tried again without end, ever more slowly', () => {
  start();
  const waits: number[] = [];
  for (let n = 1; n <= 8; n += 1) {
    opened.tell({ is: 'dropped' });
    expect([show.phase, show.tries]).toEqual(['lost', n]);
    const before = opened.tells.length;
    let waited = 0;
    while (opened.tells.length === before && waited < 120_000) {
      vi.advanceTimersByTime(500);
      waited += 500;
    }
    waits.push(waited);
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000]);
  opened.tell({ is: 'playing' });
  expect([show.phase, show.tries]).toEqual(['playing', 0]);
});

test('a player that is gone says nothing any more', () => {
  start();
  const first = opened.tells[0];
  opened.tell({ is: 'dropped' });
  vi.advanceTimersByTime(1000);
  first?.({ is: 'playing' });
  expect(show.phase).toBe('lost');
});

test('a short gap is not worth words', () => {
  start();
  opened.tell({ is: 'playing' });
  opened.tell({ is: 'waiting' });
  vi.advanceTimersByTime(700);
  expect(show.phase).toBe('playing');
  vi.advanceTimersByTime(200);
  expect(show.phase).toBe('buffering');
  opened.tell({ is: 'playing' });
  expect(show.phase).toBe('playing');
});

test('a picture the viewer stopped stays stopped when it drops, and comes back when asked', () => {
  start();
  opened.tell({ is: 'playing' });
  show.toggle();
  opened.tell({ is: 'paused' });
  opened.tell({ is: 'dropped' });
  vi.advanceTimersByTime(60_000);
  expect([show.phase, opened.tells.length]).toEqual(['paused', 1]);
  show.toggle();
  expect([show.phase, opened.tells.length]).toEqual(['joining', 2]);
});

test('the way to the newest picture is offered beyond ten seconds', () => {
  start();
  opened.tell({ is: 'playing' });
  opened.tell({ is: 'behind', seconds: 10.4 });
  expect(show.farBehind).toBe(false);
  opened.tell({ is: 'behind', seconds: 11 });
  expect(show.farBehind).toBe(true);
  show.toLive();
  expect([show.farBehind, opened.asked.at(-1)]).toEqual([false, 'live']);
});

test('the volume is remembered on this computer, silence is not', () => {
  start();
  show.setVolume(0.4);
  expect([show.muted, opened.asked.at(-1)]).toEqual([false, 'sound 0.4']);
  show.mute(true);
  expect(opened.asked.at(-1)).toBe('sound off');
  expect(new Show(opened.open).volume).toBe(0.4);
  show.setVolume(0);
  expect(new Show(opened.open).volume).toBe(1);
});

test('a player that throws only loses the picture', () => {
  const throwing = new Show(() => {
    throw new Error('no media here');
  });
  throwing.start(document.createElement('video'), 'a.m3u8');
  expect(throwing.phase).toBe('failed');

  const broken = { ...new Opened().open(document.createElement('video'), '', () => {}), sound: () => {} };
  const later = new Show(() => ({
    ...broken,
    toLive: () => {
      throw new Error('not seekable');
    },
    close: () => {
      throw new Error('gone');
    },
  }));
  later.start(document.createElement('video'), 'a.m3u8');
  later.toLive();
  expect(later.phase).toBe('failed');
});

test('what was started ends', () => {
  const stop = start();
  opened.tell({ is: 'dropped' });
  stop();
  vi.advanceTimersByTime(60_000);
  expect([show.phase, opened.tells.length]).toEqual(['off', 1]);
});
