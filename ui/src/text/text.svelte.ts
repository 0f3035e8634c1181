import { en } from './en';
import { zh, type Words } from './zh';

export type Language = 'zh' | 'en';

/** The language in use. Components read `locale.words`, so a switch redraws them at once. */
class Locale {
  language = $state<Language>('zh');

  get words(): Words {
    return this.language === 'zh' ? zh : en;
  }
}

export const locale = new Locale();
