/** The words of the order history. */
const zh = {
  title: '订单',
};

type Words = typeof zh;

const en: Words = {
  title: 'Orders',
};

export const orders = { zh, en };
