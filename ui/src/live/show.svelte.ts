import type { OpenPlayer, Player, PlayerEvent } from './player';

export type Phase = 'off' | 'joining' | 'playing' | 'paused' | 'buffering' | 'lost' | 'failed' | 'no_codec';

/** Between one try to reconnect and the next; the last goes on without end. */
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
/** A gap shorter than this is not worth words. */
const BUFFERING_MS = 800;
/** Further behind than this, the way to the newest picture is offered. */
const BEHIND_S = 10;

/** The picture on the stage: how it stands, and what the viewer does with it. Nothing here ever throws into the page. */
export class Show {
  phase = $state<Phase>('off');
  /** Tries to reconnect since the picture was lost. */
  tries = $state(0);
  /** A frame of this show was shown, so the cover may go. */
  seen = $state(false);
  /** Shows start without sound: nobody asked for it yet. */
  muted = $state(true);
  volume = $state(rememberedVolume());
  /** The viewer has chosen about the sound in this window. */
  heard = $state(false);
  behindS = $state(0);
  heights = $state.raw<number[]>([]);
  height = $state<number | null>(null);
  readonly #open: OpenPlayer;
  #player: Player | null = null;
  #video: HTMLVideoElement | null = null;
  #source = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(open: OpenPlayer) {
    this.#open = open;
  }

  /** Plays a stream until the returned function is called. */
  start(video: HTMLVideoElement, source: string): () => void {
    this.#video = video;
    this.#source = source;
    this.tries = 0;
    this.phase = 'joining';
    this.#join();
    return () => {
      this.#leave();
      this.#video = null;
      this.phase = 'off';
    };
  }

  /** Whether there is something to pause, and a sound. */
  get controllable(): boolean {
    return this.phase === 'playing' || this.phase === 'paused' || this.phase === 'buffering';
  }

  get farBehind(): boolean {
    return this.controllable && this.behindS > BEHIND_S;
  }

  toggle(): void {
    if (this.phase === 'paused' && this.#player === null) this.retry();
    else if (this.phase === 'paused') this.#ask((player) => player.play());
    else if (this.controllable) this.#ask((player) => player.pause());
  }

  mute(muted: boolean): void {
    this.heard = true;
    this.muted = muted;
    if (!muted && this.volume === 0) this.setVolume(1);
    this.#sound();
  }

  setVolume(volume: number): void {
    this.heard = true;
    this.volume = volume;
    this.muted = volume === 0;
    localStorage.setItem('volume', String(volume));
    this.#sound();
  }

  toLive(): void {
    this.behindS = 0;
    this.#ask((player) => player.toLive());
  }

  choose(height: number | null): void {
    this.height = height;
    this.#ask((player) => player.choose(height));
  }

  /** Tries again now. */
  retry(): void {
    if (this.#video === null) return;
    this.phase = 'joining';
    this.#join();
  }

  #join(): void {
    this.#leave();
    const video = this.#video;
    if (video === null) return;
    this.heights = [];
    this.height = null;
    this.behindS = 0;
    try {
      // What an earlier player still says is about a picture that is gone.
      const tell = (event: PlayerEvent) => {
        if (player === undefined || player === this.#player) this.#hear(event);
      };
      let player: Player | undefined;
      player = this.#open(video, this.#source, tell);
      this.#player = player;
      this.#sound();
    } catch {
      this.phase = 'failed';
    }
  }

  #leave(): void {
    clearTimeout(this.#timer);
    const player = this.#player;
    this.#player = null;
    this.seen = false;
    try {
      player?.close();
    } catch {
      // It is not used any more.
    }
  }

  #hear(event: PlayerEvent): void {
    switch (event.is) {
      case 'playing':
        clearTimeout(this.#timer);
        this.seen = true;
        this.tries = 0;
        this.phase = 'playing';
        return;
      case 'paused':
        clearTimeout(this.#timer);
        this.phase = 'paused';
        return;
      case 'waiting':
        if (this.phase !== 'playing') return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => (this.phase = 'buffering'), BUFFERING_MS);
        return;
      case 'dropped':
        this.#lose();
        return;
      case 'broken':
        this.#leave();
        this.phase = 'failed';
        return;
      case 'no_codec':
        this.#leave();
        this.phase = 'no_codec';
        return;
      case 'behind':
        this.behindS = Math.floor(event.seconds);
        return;
      case 'heights':
        this.heights = event.heights;
    }
  }

  #lose(): void {
    this.#leave();
    // A picture the viewer has stopped does not start again by itself.
    if (this.phase === 'paused') return;
    this.tries += 1;
    this.phase = 'lost';
    this.#timer = setTimeout(() => this.#join(), RETRY_MS[Math.min(this.tries, RETRY_MS.length) - 1]);
  }

  #sound(): void {
    this.#ask((player) => player.sound(this.muted, this.volume));
  }

  #ask(what: (player: Player) => void): void {
    try {
      if (this.#player !== null) what(this.#player);
    } catch {
      this.#leave();
      this.phase = 'failed';
    }
  }
}

function rememberedVolume(): number {
  const volume = Number(localStorage.getItem('volume') ?? 1);
  return volume > 0 && volume <= 1 ? volume : 1;
}
