import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

export function listPackages(file) {
  let root = '';
  return {
    name: 'packages',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    generateBundle(_options, bundle) {
      const sources = Object.values(bundle).flatMap((piece) => (piece.type === 'chunk' ? piece.moduleIds : piece.originalFileNames));
      const folders = sources.map((source) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(source.replaceAll('\\', '/').replace(/^\0/, ''))?.[1]);
      const known = folders.filter((folder) => folder !== undefined).map((folder) => relative(root, resolve(root, folder)).replaceAll('\\', '/'));
      const list = resolve(root, file);
      mkdirSync(dirname(list), { recursive: true });
      writeFileSync(list, `${JSON.stringify([...new Set(known)].sort(), null, 2)}\n`);
    },
  };
}
