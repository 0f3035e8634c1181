/** The words of the stage, the shelf and deals. */
const zh = {
  title: '直播',
};

type Words = typeof zh;

const en: Words = {
  title: 'Show',
};

export const show = { zh, en };
