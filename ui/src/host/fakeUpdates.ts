import type { CommandError, UpdateState, UpdateView } from './contract';
import type { FakeShop } from './fakeStudio';

/** Newer versions in memory. Everything on it may be changed before or during use. */
export class FakeUpdates {
  view: UpdateView = { way: 'itself', state: { state: 'not_asked' } };
  /** What asking to be told comes to. */
  onTell: 'told' | CommandError = 'told';
  /** What looking comes to; an error means that nothing was asked. */
  onLook: UpdateState | CommandError = { state: 'newest' };
  /** What installing comes to at once; more comes by `emit`. */
  onInstall: UpdateState | CommandError = { state: 'loading', version: '0.2.0', percent: 0 };
  readonly #shop: FakeShop;
  #onView: (view: UpdateView) => void = () => {};

  constructor(shop: FakeShop) {
    this.#shop = shop;
  }

  tellTo(onView: (view: UpdateView) => void): Promise<void> {
    this.#shop.note('updates');
    if (this.onTell !== 'told') return Promise.reject(this.onTell);
    this.#onView = onView;
    onView(this.view);
    return Promise.resolve();
  }

  look(): Promise<void> {
    this.#shop.note('lookForUpdate');
    if ('code' in this.onLook) return Promise.reject(this.onLook);
    this.emit({ state: 'looking' });
    if (this.onLook.state !== 'looking') this.emit(this.onLook);
    return Promise.resolve();
  }

  install(): Promise<void> {
    this.#shop.note('installUpdate');
    if ('code' in this.onInstall) return Promise.reject(this.onInstall);
    this.emit(this.onInstall);
    return Promise.resolve();
  }

  /** What is known moves on. */
  emit(state: UpdateState): void {
    this.view = { ...this.view, state };
    this.#onView(this.view);
  }
}
