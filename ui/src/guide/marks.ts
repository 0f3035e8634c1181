/** What the style sheet knows the marks by. */
const NAME = 'looked';

/** Marks each place in `area` that has one of the words, as the browser's own search would, where the engine can. */
export function mark(area: HTMLElement, looked: string): void {
  // An engine without them finds all the same, and only marks nothing.
  if (typeof Highlight === 'undefined') return;
  CSS.highlights.delete(NAME);
  const words = wordsOf(looked);
  if (words.length > 0) CSS.highlights.set(NAME, new Highlight(...ranges(area, words)));
}

export function unmark(): void {
  if (typeof Highlight !== 'undefined') CSS.highlights.delete(NAME);
}

/** The words that are looked for, as they are compared. */
export function wordsOf(looked: string): string[] {
  return looked.toLowerCase().split(/\s+/).filter((word) => word !== '');
}

function ranges(area: HTMLElement, words: string[]): Range[] {
  const found: Range[] = [];
  const texts = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const text = (node.nodeValue ?? '').toLowerCase();
    for (const word of words) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        found.push(range);
      }
    }
  }
  return found;
}
