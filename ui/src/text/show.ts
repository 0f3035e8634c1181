import { brand, zhApp } from './brand';
/** A deal's pieces. */
interface Pieces {
  left: number;
  pieces: number;
}

/** The words of the stage, the shelf and deals. */
const zh = {
  // Stage
  joining: '正在连接直播…',
  buffering: '网络有点慢，正在缓冲…',
  lost: (n: number) => `画面断了，正在重连（第 ${n} 次）。商品和付款不受影响。`,
  failed: '直播画面打不开。商品和付款不受影响。',
  noCodec: `这台电脑没有这场直播要用的解码器。Debian 和 Ubuntu 上安装 gstreamer1.0-libav 和 gstreamer1.0-plugins-bad，再重新打开${zhApp.last}。商品和付款不受影响。`,
  back: '画面恢复了',
  soonAt: (t: string) => `还没开播，${t} 开始`,
  soonIn: (t: string) => `还没开播，${t} 后开始`,
  behind: (t: string) => `落后 ${t}，回到最新`,
  clickForSound: '点一下打开声音',
  play: '播放',
  pause: '暂停',
  mute: '静音',
  unmute: '打开声音',
  volume: '音量',
  full: '全屏',
  leaveFull: '退出全屏',
  pictureInPicture: '画中画',
  quality: '清晰度',
  qualityAuto: '自动',
  toRoom: (title: string) => `回到直播间：${title}`,

  // Deals
  deals: '秒杀',
  flash: '秒杀',
  endsIn: (t: string) => `${t} 后结束`,
  startsIn: (t: string) => `${t} 后开抢`,
  startsAt: (t: string) => `${t} 开抢`,
  leftOf: (f: Pieces) => `剩 ${f.left} / ${f.pieces} 件`,
  dealPrice: (p: string) => `秒杀价 ${p}`,
  dealOver: (p: string) => `秒杀已结束，恢复 ${p}`,
  was: (p: string) => `原价 ${p}`,
  sayDealOver: (f: { name: string; price: string }) => `${f.name} 秒杀已结束，恢复 ${f.price}`,
};

type Words = typeof zh;

const en: Words = {
  joining: 'Joining the show…',
  buffering: 'Slow network, buffering…',
  lost: (n) => `The picture dropped, reconnecting (try ${n}). Shopping and paying still work.`,
  failed: 'The picture will not load. Shopping and paying still work.',
  noCodec: `This computer lacks the decoder for this show. On Debian and Ubuntu, install gstreamer1.0-libav and gstreamer1.0-plugins-bad, and open ${brand.en} again. Shopping and paying still work.`,
  back: 'The picture is back',
  soonAt: (t) => `Not live yet. Starts ${t}`,
  soonIn: (t) => `Not live yet. Starts in ${t}`,
  behind: (t) => `${t} behind, jump to live`,
  clickForSound: 'Click for sound',
  play: 'Play',
  pause: 'Pause',
  mute: 'Mute',
  unmute: 'Unmute',
  volume: 'Volume',
  full: 'Full screen',
  leaveFull: 'Leave full screen',
  pictureInPicture: 'Picture in picture',
  quality: 'Quality',
  qualityAuto: 'Auto',
  toRoom: (title) => `Back to the room: ${title}`,

  deals: 'Deals',
  flash: 'Flash deal',
  endsIn: (t) => `ends in ${t}`,
  startsIn: (t) => `starts in ${t}`,
  startsAt: (t) => `starts ${t}`,
  leftOf: (f) => `${f.left} of ${f.pieces} left`,
  dealPrice: (p) => `Deal price ${p}`,
  dealOver: (p) => `Deal over, back to ${p}`,
  was: (p) => `was ${p}`,
  sayDealOver: (f) => `${f.name}: deal over, back to ${f.price}`,
};

export const show = { zh, en };
