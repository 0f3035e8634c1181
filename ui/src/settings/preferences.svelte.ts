import type { Host } from '../host/host';
import { zoom } from '../shared/zoom.svelte';
import { locale, type Language } from '../text/text.svelte';

export type Theme = 'light' | 'dark' | 'system';
export type Motion = 'reduced' | 'system';

const THEMES: Theme[] = ['light', 'dark', 'system'];
const LANGUAGES: Language[] = ['zh', 'en'];
/** Interface sizes on offer, per cent. */
export const SIZES = [90, 100, 110, 125, 150] as const;

export type Size = (typeof SIZES)[number];

function remembered<T extends string>(key: string, allowed: readonly T[]): T | null {
  const value = localStorage.getItem(key);
  return allowed.find((one) => one === value) ?? null;
}

/** What is not chosen is not kept, so that it follows the system, also when that changes. */
function keep(key: string, value: string | null): void {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
}

function languageOfSystem(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** What the viewer chose for this window, remembered on this computer. */
export class Preferences {
  /** The language chosen, or nothing to follow the system. */
  language = $state<Language | null>(remembered('language', LANGUAGES));
  theme = $state<Theme>(remembered('theme', THEMES) ?? 'system');
  motion = $state<Motion>(remembered<Motion>('motion', ['reduced']) ?? 'system');
  size = $state<Size>(SIZES.find((one) => String(one) === localStorage.getItem('size')) ?? 100);
  notifications = $state(localStorage.getItem('notifications') !== 'off');
  singleKeys = $state(localStorage.getItem('single-keys') !== 'off');
  #systemDark = $state(false);
  #systemReduced = $state(false);

  constructor() {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = dark.matches;
    dark.addEventListener('change', (change) => (this.#systemDark = change.matches));
    const reduced = matchMedia('(prefers-reduced-motion: reduce)');
    this.#systemReduced = reduced.matches;
    reduced.addEventListener('change', (change) => (this.#systemReduced = change.matches));
    addEventListener('languagechange', () => this.#speak());
    this.#speak();
  }

  setLanguage(language: Language | null): void {
    this.language = language;
    keep('language', language);
    this.#speak();
  }

  switchLanguage(): void {
    this.setLanguage(locale.language === 'zh' ? 'en' : 'zh');
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    keep('theme', theme);
  }

  nextTheme(): void {
    this.setTheme(THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? 'system');
  }

  setMotion(motion: Motion): void {
    this.motion = motion;
    keep('motion', motion === 'system' ? null : motion);
  }

  setSize(size: Size): void {
    this.size = size;
    keep('size', String(size));
  }

  setNotifications(on: boolean): void {
    this.notifications = on;
    keep('notifications', on ? 'on' : 'off');
  }

  setSingleKeys(on: boolean): void {
    this.singleKeys = on;
    keep('single-keys', on ? 'on' : 'off');
  }

  /** Writes language, theme, motion and size onto the page. Call it from an effect: it reads what it depends on. */
  apply(): void {
    const root = document.documentElement;
    root.lang = locale.words.languageTag;
    root.dataset['theme'] = this.theme === 'system' ? (this.#systemDark ? 'dark' : 'light') : this.theme;
    root.dataset['motion'] = this.motion === 'reduced' || this.#systemReduced ? 'reduced' : 'full';
    root.style.setProperty('zoom', String(this.size / 100));
    zoom.scale = this.size / 100;
  }

  /** Tells the program what it must know. Call it from an effect, as `apply`. */
  tell(host: Host): void {
    // A program that does not take it shows its notifications as before; the page loses nothing.
    host.preferences({ language: locale.language, notifications: this.notifications }).catch(() => {});
  }

  #speak(): void {
    locale.language = this.language ?? languageOfSystem();
  }
}
