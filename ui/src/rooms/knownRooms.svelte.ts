import type { KnownRoom } from '../host/contract';
import type { RoomState } from '../live/room.svelte';

/** The rooms entered before, as a list on screen needs them. */
export class KnownRooms {
  at = $state<'loading' | 'failed' | 'ready'>('loading');
  rooms = $state.raw<KnownRoom[]>([]);
  readonly #room: RoomState;

  constructor(room: RoomState) {
    this.#room = room;
  }

  async load(): Promise<void> {
    if (this.at === 'failed') this.at = 'loading';
    try {
      this.rooms = await this.#room.rooms();
      this.at = 'ready';
    } catch {
      this.at = 'failed';
    }
  }

  async forget(link: string): Promise<void> {
    await this.#room.forget(link);
    this.rooms = this.rooms.filter((one) => one.link !== link);
  }
}

/** The shop's address without what is the same for all. */
export function shopName(shopUrl: string): string {
  return shopUrl.replace(/^https?:\/\//, '').replace(/\/$/, '');
}
