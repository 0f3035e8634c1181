/** The words around the guide; its own lie in `docs/GUIDE.md` and `docs/GUIDE.zh.md`. */
const zh = {
  title: '使用指南',
  open: '打开使用指南',
  contents: '目录',
  search: '在指南中查找',
  clearSearch: '清空查找',
  noMatch: (looked: string) => `指南里没有“${looked}”`,
  noMatchBody: '换个词试试，或清空后看目录。',
  matches: (n: number) => (n === 0 ? '没有找到' : `找到 ${n} 处`),
  allKeys: '全部快捷键',
};

type Words = typeof zh;

const en: Words = {
  title: 'User guide',
  open: 'Open the user guide',
  contents: 'Contents',
  search: 'Find in the guide',
  clearSearch: 'Clear search',
  noMatch: (looked) => `The guide has nothing on “${looked}”`,
  noMatchBody: 'Try another word, or clear the search to see the contents.',
  matches: (n) => (n === 0 ? 'Nothing found' : n === 1 ? '1 place found' : `${n} places found`),
  allKeys: 'All keys',
};

export const guide = { zh, en };
