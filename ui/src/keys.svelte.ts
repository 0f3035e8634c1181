import { isTyping } from './column.svelte';

/** What the keyboard may do in the part of the window on screen: in the room that is the column, which alone has lot numbers. */
export interface KeyTarget {
  search(): void;
  escape(): void;
  key(letter: string): boolean;
  openLot?(lot: string): void;
  buyPinned?(): void;
}

/** What the keyboard opens over the window, whatever is on screen. */
export type Dialog = 'guide' | 'keys';

interface Parts {
  /** Whether single letters do anything (WCAG 2.1.4: they can be switched off). */
  singleKeys: () => boolean;
  page: () => KeyTarget | undefined;
  stage: () => Pick<KeyTarget, 'key'> | undefined;
  /** What lies over the window. */
  dialog: () => Dialog | null;
  setDialog: (dialog: Dialog | null) => void;
  /** Goes to a section by its number. */
  goTo: (number: number) => void;
}

/** Typed digits are forgotten after this long. */
const DIGITS_MS = 1500;
/** Areas that F6 goes round, in reading order. */
const AREAS = ['area-top', 'area-stage', 'area-phone', 'area-column', 'area-page', 'area-detail'];

/** The keys that work anywhere in the window. */
export class Keys {
  /** Digits typed so far to choose a lot number. */
  digits = $state('');
  #forget: ReturnType<typeof setTimeout> | undefined;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  press = (event: KeyboardEvent): void => {
    if (event.isComposing || event.altKey) return;
    if (event.key === 'F1' || (event.key === '?' && event.metaKey)) {
      event.preventDefault();
      this.#parts.setDialog(this.#parts.dialog() === 'guide' ? null : 'guide');
    } else if (event.key === 'F6') {
      event.preventDefault();
      nextArea(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      this.#escape();
    } else if (event.ctrlKey || event.metaKey) {
      if (/^[1-9]$/.test(event.key) && this.#parts.dialog() === null) {
        event.preventDefault();
        this.#parts.goTo(Number(event.key));
      } else if (event.key.toLowerCase() === 'f' && this.#parts.dialog() === null) {
        event.preventDefault();
        this.#parts.page()?.search();
      }
    } else if (event.key === 'Enter') {
      this.#enter(event);
    } else if (!isTyping() && this.#parts.singleKeys()) {
      this.#single(event);
    }
  };

  #escape(): void {
    if (this.#parts.dialog() !== null) this.#parts.setDialog(null);
    else if (this.digits !== '') this.#clear();
    else this.#parts.page()?.escape();
  }

  #enter(event: KeyboardEvent): void {
    if (this.digits === '') return;
    event.preventDefault();
    this.#parts.page()?.openLot?.(this.digits);
    this.#clear();
  }

  #single(event: KeyboardEvent): void {
    const page = this.#parts.page();
    const letter = event.key.toLowerCase();
    if (this.#parts.dialog() !== null) {
      if (letter === '?') this.#parts.setDialog(null);
      return;
    }
    if (/^\d$/.test(letter)) {
      if (page?.openLot === undefined) return;
      this.#digit(letter);
    }
    else if (letter === '?') this.#parts.setDialog('keys');
    else if (letter === '/') page?.search();
    else if (letter === 'b') page?.buyPinned?.();
    else if (!page?.key(letter) && !this.#parts.stage()?.key(letter)) return;
    event.preventDefault();
  }

  #digit(digit: string): void {
    this.digits = (this.digits + digit).slice(-3);
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => this.#clear(), DIGITS_MS);
  }

  #clear(): void {
    clearTimeout(this.#forget);
    this.digits = '';
  }
}

function nextArea(step: 1 | -1): void {
  const areas = AREAS.map((id) => document.getElementById(id)).filter((area) => area !== null);
  // An area may lie inside another; the innermost counts.
  const at = areas.findLastIndex((area) => area.contains(document.activeElement));
  const to = at < 0 ? (step === 1 ? 0 : areas.length - 1) : (at + step + areas.length) % areas.length;
  areas[to]?.focus();
}
