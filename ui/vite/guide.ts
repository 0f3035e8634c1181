import { Marked, type Token, type Tokens } from 'marked';
import type { Plugin } from 'vite';
import type { Guide } from '../src/guide/guide';

/**
 * Makes `import guide from '….md'` a `Guide`: its second headings are chapters, its third ones their sections. Headings
 * get ids by their place, so that both languages have the same; a link to a heading that is not there fails the build.
 */
export function guidePlugin(): Plugin {
  return {
    name: 'guide',
    transform: (text, id) => (id.endsWith('.md') ? { code: `export default ${JSON.stringify(readGuide(text))};`, map: null } : null),
  };
}

/** A heading, and what stands below it up to the next one. */
interface Piece {
  depth: number;
  title: string;
  body: Token[];
  id: string;
}

export function readGuide(text: string): Guide {
  const parser = new Marked();
  const pieces = piecesOf(parser.lexer(text));
  const ids = new Map(pieces.map((piece) => [nameInLinks(piece.title), piece.id]));
  if (ids.size < pieces.length) throw new Error('two headings of the guide have the same name');
  parser.use({
    renderer: {
      link({ href, tokens }: Tokens.Link): string {
        const id = ids.get(decodeURIComponent(href.replace(/^#/, '')));
        if (id === undefined) throw new Error(`the guide links to ${href}, which is no heading of it`);
        // With its folder: to the checkers of pages, one without leads to what must always be there.
        return `<a href="./#${id}">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  });
  const guide: Guide = { title: '', lead: '', chapters: [] };
  for (const { depth, title, body, id } of pieces) {
    const html = parser.parser(body);
    if (depth === 1) Object.assign(guide, { title, lead: html });
    else if (depth === 2) guide.chapters.push({ id, title, lead: html, sections: [] });
    else guide.chapters.at(-1)?.sections.push({ id, title, html });
  }
  return guide;
}

function piecesOf(tokens: Token[]): Piece[] {
  const pieces: Piece[] = [];
  let chapter = 0;
  let section = 0;
  for (const token of tokens) {
    if (token.type !== 'heading') {
      pieces.at(-1)?.body.push(token);
      continue;
    }
    const { depth, text: title } = token as Tokens.Heading;
    if (depth === 2) [chapter, section] = [chapter + 1, 0];
    if (depth === 3) section += 1;
    pieces.push({ depth, title, body: [], id: section === 0 ? `guide-${chapter}` : `guide-${chapter}-${section}` });
  }
  return pieces;
}

/** What the places where such files are read make of a heading to link to it. */
function nameInLinks(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(' ', '-');
}
