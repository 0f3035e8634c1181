import { locale, type Language } from '../text/text.svelte';

export type Theme = 'light' | 'dark' | 'system';

const THEMES: Theme[] = ['light', 'dark', 'system'];

function remembered<T extends string>(key: string, allowed: readonly T[]): T | null {
  const value = localStorage.getItem(key);
  return allowed.find((one) => one === value) ?? null;
}

/** What the viewer chose for this window, remembered on this computer. */
export class Preferences {
  theme = $state<Theme>(remembered('theme', THEMES) ?? 'system');
  singleKeys = $state(localStorage.getItem('single-keys') !== 'off');
  #systemDark = $state(false);

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = system.matches;
    system.addEventListener('change', (change) => (this.#systemDark = change.matches));
    locale.language =
      remembered<Language>('language', ['zh', 'en']) ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
  }

  switchLanguage(): void {
    locale.language = locale.language === 'zh' ? 'en' : 'zh';
    localStorage.setItem('language', locale.language);
  }

  nextTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? 'system';
    localStorage.setItem('theme', this.theme);
  }

  setSingleKeys(on: boolean): void {
    this.singleKeys = on;
    localStorage.setItem('single-keys', on ? 'on' : 'off');
  }

  /** Writes language and theme onto the page. Call it from an effect: it reads what it depends on. */
  apply(): void {
    const root = document.documentElement;
    root.lang = locale.words.languageTag;
    root.dataset['theme'] = this.theme === 'system' ? (this.#systemDark ? 'dark' : 'light') : this.theme;
  }
}
