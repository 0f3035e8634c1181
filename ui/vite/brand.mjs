import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';

/** Names the brand's file; without it the page is Liveshop's. The program is built with the same file. */
const BRAND = 'LIVESHOP_BRAND';

export function readBrand(standard) {
  // The program's build checks the file whole.
  const file = process.env[BRAND] ?? standard;
  const { name, icon } = JSON.parse(readFileSync(file, 'utf8'));
  const iconFile = icon === null ? null : resolve(dirname(file), icon);
  return { name: { zh: name.zh, en: name.en }, iconFile, iconUrl: iconFile === null ? null : `brand${extname(iconFile)}` };
}

export function withBrand({ name, iconFile, iconUrl }) {
  return {
    name: 'brand',
    config: () => ({ define: { __BRAND__: JSON.stringify({ zh: name.zh, en: name.en, icon: iconUrl }) } }),
    generateBundle() {
      if (iconFile !== null) this.emitFile({ type: 'asset', fileName: iconUrl, source: readFileSync(iconFile) });
    },
    transformIndexHtml: (html) => html.replace(/<title>.*<\/title>/, () => `<title>${name.en}</title>`),
  };
}
