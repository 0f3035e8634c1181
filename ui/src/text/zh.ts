import type { CommandCode } from '../host/contract';
import { brand, zhApp } from './brand';
import { guide } from './guide';
import { orders } from './orders';
import { outcome } from './outcome';
import { purchase } from './purchase';
import { rehearsal } from './rehearsal';
import { settings } from './settings';
import { show } from './show';
import { studioOrders } from './studioOrders';
import { studio } from './studio';
import { updates } from './updates';

/** A title says what happened, the body what happens next. */
export interface Said {
  title: string;
  body: string;
}

/** For codes that only an order can be refused with. */
const oddAnswer: Said = { title: '商店没有让你进入', body: '商店给了一个不该在这里出现的回答。请重试。' };

/** The words in Chinese: the source of the catalogue. `en.ts` has the same shape. */
export const zh = {
  app: brand.zh,
  sections: '主导航',
  changeRoom: '换直播间',
  section: { room: '直播间', orders: '订单', studio: '工作室', settings: '设置' },
  waitingOrders: (n: number) => `${n} 笔订单等你处理`,
  guide: guide.zh,
  orders: orders.zh,
  rehearsal: rehearsal.zh,
  settings: settings.zh,
  show: show.zh,
  studioOrders: studioOrders.zh,
  studio: studio.zh,
  updates: updates.zh,
  languageTag: 'zh-CN',
  otherLanguageShort: 'EN',
  otherLanguage: 'EN, switch to English',
  online: '已连接',
  offline: '已断线',
  theme: { light: '浅色', dark: '深色', system: '跟随系统' },
  themeIs: (theme: string) => `外观：${theme}`,
  fins: '鲨鱼翅',
  finsBalance: (n: string) => `鲨鱼翅余额 ${n}`,
  back: '返回',
  listComma: '、',
  close: '关闭',
  retry: '重试',

  practiceBand: '练习 · 不会产生真实扣款，也不会发货',
  practiceTag: '练习',

  // Entrance
  opening: '正在进入直播间',
  openingBody: '第一次打开练习直播间时，要在本机准备一家练习商店和模拟钱包，通常几秒。',
  openingSlow: '比平常久，还在等商店回应。',
  trustTitle: '信任这家商店吗？',
  trustBody: `你是第一次进这家商店的直播间。信任以后，${zhApp.first}会记住它的密钥：订单和付款码都要由这把密钥签名，对不上就不会显示。`,
  trustHow: '请和主播公布的密钥指纹核对，一致再继续。',
  trustRoom: '直播间',
  trustShop: '商店地址',
  trustKey: '密钥指纹',
  trustYes: '指纹一致，信任',
  trustNo: '先不进',
  notTrusted: '没有进入直播间',
  notTrustedBody: '你还没有信任这家商店，什么都没有发生。想进的时候可以再核对一次。',
  trustAgain: '再看一次',
  keyChanged: '这家商店的密钥变了，已停止进入',
  keyChangedBody: '商店现在出示的密钥和你以前信任的不一样。可能有人在冒充它，也可能是主播换了密钥。在弄清楚之前，这里不能购买。',
  keyChangedDo: '请从主播的官方渠道要一个新的直播间链接。不要理会让你“点一下就好”的人。',
  keyKnown: '你信任过的密钥',
  keyNow: '现在出示的密钥',
  entryError: {
    no_answer: { title: '商店没有回应', body: '请检查网络后重试。没有下单，也没有扣款。' },
    unusable_answer: { title: '看不懂商店的回应', body: `对方可能不是${zhApp.between}商店，或者版本不同。请核对链接，或更新后再试。` },
    storage: { title: '这台电脑存不了数据', body: '请检查磁盘空间和文件夹权限，然后重试。' },
    bad_link: { title: '这个链接打不开', body: '链接不完整或写错了。请从主播那里重新复制一次。' },
    practice_failed: { title: '练习直播间没有开起来', body: `本机的练习商店没有启动成功。请重试；仍不行的话，重启${zhApp.last}。` },
    not_ready: { title: '还没准备好', body: '直播间还在打开，请稍等几秒再试。' },
    price_changed: oddAnswer,
    sold_out: oddAnswer,
    not_on_sale: oddAnswer,
    limit_reached: oddAnswer,
    channel_unavailable: { title: '商店暂时不能收款', body: '商店连不上付款渠道。请稍后重试。' },
    request_conflict: oddAnswer,
    too_many_requests: { title: '人太多，请稍等', body: '商店正在限制进入的速度。过一会儿再试。' },
    unauthorised: { title: '商店不认识这台电脑', body: '登录凭证失效了。重试会重新登记，不影响以前的订单。' },
    invalid_params: { title: '商店看不懂请求', body: `版本可能不一致。请更新${zhApp.between}后再试。` },
    shop_paused: oddAnswer,
    address_unknown: oddAnswer,
    stale: oddAnswer,
    refund_exceeds: oddAnswer,
    picture_unusable: oddAnswer,
    not_found: { title: '没有这个直播间', body: '直播间不存在或已经删除。请核对链接。' },
    internal: { title: '商店出了问题', body: '问题在商店那边，已记录。请稍后重试。' },
  } satisfies Record<CommandCode, Said>,

  // Stage
  live: '直播中',
  notLive: '未开播',
  over: '已结束',
  soonWords: '还没开播，商品可以先看',
  overWords: '直播结束了，谢谢观看',
  coverAlt: (room: string) => `“${room}”的封面图片`,
  stillPicture: '封面图片，不是视频',
  notice: '公告',
  stageLabel: '直播画面',

  // Goods
  explaining: '正在讲解',
  explainingNone: '主播还没有讲解商品',
  goods: '本场商品',
  all: '全部',
  inStock: '有货',
  search: '搜商品名或编号',
  searchClose: '收起搜索',
  noMatch: (q: string) => `没有找到“${q}”`,
  noMatchFilter: '没有符合条件的商品',
  clearSearch: '清空搜索',
  showAll: '显示全部',
  emptyTitle: '主播还没上架商品',
  emptyBody: '上架后会自动出现在这里，不用刷新。',
  goodsFailed: '商品没有加载出来',
  goodsFailedBody: '直播间还在，重试一次就好。',
  stale: (t: string) => `已断线，价格和库存停在 ${t}。重连成功前不能下单。正在重连…`,
  pausedBuy: '重连后可下单',
  paused: '暂停',
  lot: (n: number) => `${n} 号`,
  buy: '购买',
  buyNow: '立即购买',
  buyNamed: (name: string) => `购买 ${name}`,
  details: '看详情',
  soldOut: '已售完',
  held: '都在别人的待付款订单里，可能放回',
  heldShort: '暂无货',
  only: (n: number) => `仅剩 ${n} 件`,
  offSale: '暂不出售',
  newPrice: '价格已更新',
  selecting: (digits: string) => `${digits} 号 · 按 Enter 打开`,
  noLot: (digits: string) => `没有 ${digits} 号`,

  // Details
  detailsTitle: '商品详情',
  quantity: '数量',
  fewer: '减少一件',
  more: '增加一件',
  kind: '类型',
  kindFins: '虚拟币，付款后立刻到账',
  kindMerchandise: '实物，由主播发货',
  credited: '到账',
  finsCount: (n: string) => `${n} 个鲨鱼翅`,
  stock: '库存',
  limit: '限购',
  limitEach: (n: number) => `每人限 ${n} 件`,
  limitCount: (n: number) => `每人 ${n} 件`,
  note: '给主播留言（选填）',
  noteHint: '比如颜色、尺寸。主播发货时能看到。',
  noteAdd: '添加留言',
  noteLeft: (n: number) => `还可写 ${n} 字`,
  buyFor: (p: string) => `立即购买 ${p}`,
  takenOff: '这件商品刚刚下架',

  ...purchase.zh,
  ...outcome.zh,

  // Pending purchases
  toPay: (p: string) => `待付款 ${p}`,
  left: (t: string) => `剩 ${t}`,
  pay: '继续付款',
  checkingOne: '正在核实付款',
  look: '查看',
  hasResult: '订单有结果了',
  unfinished: '有一笔没完成的下单',
  restoreFailed: '没能读取上次没完成的订单。',
  moreWaiting: (n: number) => `另有 ${n} 笔`,

  // Read out only
  sayLeft: (t: string) => `付款码还剩 ${t}`,
  sayMinute: '还有 1 分钟，付款码就要失效',
  sayExplaining: (f: { lot: number; name: string; price: string }) => `正在讲解 ${f.lot} 号，${f.name}，${f.price}`,
  sayPrice: (f: { name: string; price: string }) => `${f.name} 现价 ${f.price}`,
  saySoldOut: (name: string) => `${name} 已售完`,
  sayBack: '已重新连上',
  yuan: (amount: string) => `${amount} 元`,
  minutes: (n: number) => `${n} 分钟`,
  seconds: (n: number) => `${n} 秒`,

  // Keys
  keys: '键盘',
  keysTitle: '键盘操作',
  keysSingle: '使用单个字母的快捷键',
  keysSingleHint: '关掉后，只有 Tab、F6、Enter 和 Esc 起作用。',
  keyList: {
    f6: '下一个区域',
    search: '搜索商品',
    lot: '编号加 Enter：打开那件商品',
    buy: '购买正在讲解的商品',
    back: '返回一步',
    zoom: '放大二维码',
    copy: '复制订单号',
    other: '换一种付款方式',
    ask: '付了款却没反应：立刻查一次',
    pause: '暂停或继续播放画面',
    mute: '打开或关掉声音',
    full: '全屏',
    latest: '回到最新画面',
    guide: '使用指南',
    help: '这张列表',
  },
};

/** The shape both languages have. */
export type Words = typeof zh;
