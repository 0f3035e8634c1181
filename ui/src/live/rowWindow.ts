// Which rows of a long list are drawn, and where: every row has the same height, so that all of it can be reckoned.

/** Height of a row of goods; `Row.svelte` draws it. Other lists say how tall theirs are. */
export const ROW_PX = 88;
/** Lines drawn beyond the view on either side, and how many the view moves before others are drawn. */
const SPARE = 4;

/** How far down the list a row lies. */
export function topOf(at: number, columns: number, rowPx = ROW_PX): number {
  return Math.floor(at / columns) * rowPx;
}

/** The rows to draw, in order; `kept` is drawn in any case. */
export function drawnRows(count: number, columns: number, scrolled: number, view: number, kept: number, rowPx = ROW_PX): number[] {
  const line = Math.floor(scrolled / rowPx);
  const first = Math.max(0, line - (line % SPARE) - SPARE);
  const last = line - (line % SPARE) + Math.ceil(view / rowPx) + 2 * SPARE;
  const from = Math.min(first * columns, count);
  const to = Math.min(last * columns, count);
  const drawn = Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
  if (kept < 0 || kept >= count || (kept >= from && kept < to)) return drawn;
  return kept < from ? [kept, ...drawn] : [...drawn, kept];
}

/** How far to scroll so that the row under the pointer, or the first in view, stays where it is while others come and go. */
export function anchorOf(before: readonly string[], after: readonly string[], columns: number, scrolled: number, pointed: string | null, rowPx = ROW_PX): number {
  if (scrolled === 0 && pointed === null) return 0;
  const under = pointed === null ? -1 : before.indexOf(pointed);
  const from = under >= 0 ? under : Math.floor(scrolled / rowPx) * columns;
  const places = new Map(after.map((id, at) => [id, at]));
  // Where the row itself is gone, the next one that is still there takes its part.
  for (let at = from; at < before.length; at += 1) {
    const now = places.get(before[at] ?? '');
    if (now !== undefined) return Math.max(0, scrolled + topOf(now, columns, rowPx) - topOf(at, columns, rowPx));
  }
  return scrolled;
}

/** Where a key leads from a row; nothing when it means nothing here. */
export function stepTo(key: string, at: number, count: number, columns: number): number | null {
  const within = (to: number) => (to < 0 || to >= count ? at : to);
  switch (key) {
    case 'ArrowDown':
      return within(at + columns);
    case 'ArrowUp':
      return within(at - columns);
    case 'ArrowRight':
      return columns > 1 ? within(at + 1) : null;
    case 'ArrowLeft':
      return columns > 1 ? within(at - 1) : null;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
