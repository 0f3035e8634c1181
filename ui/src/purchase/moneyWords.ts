import type { Words } from '../text/zh';
import type { Money } from './screen';

/** The words of the money line. */
export function moneyWords(words: Words, money: Money, amount: string): string {
  switch (money) {
    case 'none':
      return words.moneyNone;
    case 'none_final':
      return words.moneyNoneFinal;
    case 'check':
      return words.moneyCheck;
    case 'offline':
      return words.moneyOffline;
    case 'paid':
      return words.moneyPaid(amount);
    case 'refunding':
      return words.moneyRefunding(amount);
    case 'extra_refunding':
      return words.moneyTwice(amount);
    case 'extra_refunded':
      return words.moneyTwiceBack(amount);
    case 'refunded':
      return words.moneyRefunded(amount);
  }
}
