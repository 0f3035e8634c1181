/** An amount of whole fen in its parts. Only digits are moved about: money is never divided. */
export interface AmountParts {
  /** Yuan with commas, e.g. `1,234`. */
  yuan: string;
  /** Two digits of fen, or none when it may be dropped. */
  fen: string | null;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Splits an amount in fen. `short` drops `.00`, never other fen. */
export function amountParts(fen: number, short = false): AmountParts {
  const digits = String(fen).padStart(3, '0');
  const cents = digits.slice(-2);
  return { yuan: grouped(digits.slice(0, -2)), fen: short && cents === '00' ? null : cents };
}

/** `¥1,234.50`. */
export function yuan(fen: number, short = false): string {
  const parts = amountParts(fen, short);
  return `¥${parts.yuan}${parts.fen === null ? '' : `.${parts.fen}`}`;
}

/** The same digits for being read out, without the sign: `1234.50`, or `1234` when there are no fen. */
export function spokenAmount(fen: number): string {
  return yuan(fen, true).slice(1).replaceAll(',', '');
}

/** A count with commas. */
export function count(n: number): string {
  return grouped(String(n));
}
