import type { Words } from '../text/zh';

/** What is said about the time left at this very second; nothing at most of them, or the timer would chatter. */
export function timeWords(words: Words, left_s: number): string | null {
  switch (left_s) {
    case 300:
    case 120:
      return words.sayLeft(words.minutes(left_s / 60));
    case 60:
      return words.sayMinute;
    case 30:
      return words.sayLeft(words.seconds(30));
    default:
      return null;
  }
}
