/** The words of settings, rooms and addresses. */
const zh = {
  title: '设置',
};

type Words = typeof zh;

const en: Words = {
  title: 'Settings',
};

export const settings = { zh, en };
