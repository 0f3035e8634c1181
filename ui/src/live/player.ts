import { getContext } from 'svelte';
import { openHlsPlayer } from './hlsPlayer';

/** What a player tells of the show. */
export type PlayerEvent =
  | { is: 'playing' | 'waiting' | 'paused' }
  /** The stream stopped coming, or has not begun: worth trying again. */
  | { is: 'dropped' }
  /** It comes, but cannot be shown. */
  | { is: 'broken' }
  /** This computer cannot decode it. */
  | { is: 'no_codec' }
  /** Seconds behind the newest picture that can be shown. */
  | { is: 'behind'; seconds: number }
  /** Heights in pixels that can be chosen from. */
  | { is: 'heights'; heights: number[] };

/** Plays one stream in one video element. After `close` it tells nothing any more. */
export interface Player {
  play(): void;
  pause(): void;
  sound(muted: boolean, volume: number): void;
  toLive(): void;
  /** Shows this height, or whatever the network allows. */
  choose(height: number | null): void;
  close(): void;
}

export type OpenPlayer = (video: HTMLVideoElement, source: string, tell: (event: PlayerEvent) => void) => Player;

/** Under this key of the context lies another player, for tests and the gallery. */
export const PLAYER = Symbol('player');

/** The player in use. Call it while a component is set up. */
export function playerInUse(): OpenPlayer {
  return getContext<OpenPlayer | undefined>(PLAYER) ?? openHlsPlayer;
}
