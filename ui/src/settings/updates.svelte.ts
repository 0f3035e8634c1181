import type { UpdateState, UpdateView } from '../host/contract';
import type { Host } from '../host/host';
import type { Announcer } from '../shared/announcer.svelte';
import { locale } from '../text/text.svelte';

/** What is known, in a sentence. */
export function sentence(known: UpdateState): string {
  const { words } = locale;
  switch (known.state) {
    case 'not_asked':
      return words.updates.daily;
    case 'looking':
      return words.updates.looking;
    case 'newest':
      return words.updates.newest;
    case 'found':
      return words.updates.found(known.version);
    case 'loading':
      return words.updates.loading(known.version);
    case 'restarting':
      return words.updates.restarting;
    case 'failed':
      return known.version === null ? words.updates.lookFailed : words.updates.installFailed(known.version);
  }
}

/** What is known of newer versions of the app. It lives as long as the window: what was found is told of everywhere in it. */
export class UpdatesState {
  /** Nothing before the program has told. */
  view = $state.raw<UpdateView | null>(null);
  /** The program did not tell. */
  unread = $state(false);
  /** What was pressed did not reach the program. */
  notDone = $state(false);
  readonly #host: Host;
  readonly #announcer: Announcer;
  /** Counts the times the program was asked to tell: views of the time before mean nothing any more. */
  #stream = 0;
  /** The viewer asked, and waits for what comes of it. */
  #asked = false;

  constructor(host: Host, announcer: Announcer) {
    this.#host = host;
    this.#announcer = announcer;
  }

  /** There is a newer version, and it can be installed from here. */
  get found(): boolean {
    return this.view?.way === 'itself' && this.view.state.state === 'found';
  }

  async listen(): Promise<void> {
    const mine = ++this.#stream;
    this.unread = false;
    try {
      await this.#host.updates((view) => mine === this.#stream && this.#take(view));
    } catch {
      if (mine === this.#stream) this.unread = true;
    }
  }

  look(): Promise<void> {
    return this.#ask(() => this.#host.lookForUpdate());
  }

  install(): Promise<void> {
    return this.#ask(() => this.#host.installUpdate());
  }

  async #ask(what: () => Promise<void>): Promise<void> {
    this.#asked = true;
    this.notDone = false;
    try {
      await what();
    } catch {
      this.#asked = false;
      this.notDone = true;
    }
  }

  #take(view: UpdateView): void {
    const before = this.view?.state.state;
    const { state } = view.state;
    this.view = view;
    this.notDone = false;
    // Whoever did not ask is not talked to, and nobody is told of each per cent.
    if (this.#asked && state !== before) this.#tell(view.state);
    if (state === 'newest' || state === 'found' || state === 'failed') this.#asked = false;
  }

  #tell(known: UpdateState): void {
    const said = sentence(known);
    if (known.state === 'failed') this.#announcer.interrupt(`${said} ${locale.words.updates.failure[known.failure]}`);
    else this.#announcer.say(said);
  }
}
