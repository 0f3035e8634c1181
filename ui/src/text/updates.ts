/** The words of newer versions of the app. Sentences of what is known end with a full stop: they are read out, too. */
const zh = {
  title: '更新',
  newsIn: (place: string) => `${place}，有新版本`,
  daily: '打开时会检查有没有新版本，之后每天一次。',
  look: '检查更新',
  looking: '正在检查…',
  newest: '已经是最新版本。',
  found: (version: string) => `有新版本 ${version}。`,
  notes: '新版本的说明',
  install: '安装并重新打开',
  installHint: '窗口会关上，再自己打开。没完成的订单会接着进行。',
  loading: (version: string) => `正在下载新版本 ${version}…`,
  restarting: '正在重新打开…',
  lookFailed: '没能检查更新。',
  installFailed: (version: string) => `新版本 ${version} 没有装上。`,
  failure: {
    no_answer: '更新的地址没有回应。请检查网络，再试一次。',
    unusable_feed: '更新的地址给了一个看不懂的回应。过一会儿再试；还是这样，就告诉给你这个应用的人。',
    forged: '收到的文件没有这个应用的制作者的签名，或者不是说好的那个版本，所以没有安装。再发生的话，请告诉给你这个应用的人。',
    storage: '换不了应用的文件：它所在的地方空间不够，或者没有权限。请腾出空间，或者看看那个文件夹属于谁，再试一次。',
  },
  unchanged: '什么都没有变，现在的版本照常能用。',
  again: '再检查一次',
  package: {
    deb: '通过 Debian 软件包安装。拿到新版本的软件包，直接覆盖安装：',
    rpm: '通过 RPM 软件包安装。拿到新版本的软件包，直接覆盖安装：',
  },
  packageFile: 'FILE 是新软件包的文件名。',
  byHand: '请从得到这个应用的地方获取新版本。',
  unread: '没能读取更新的情况。',
};

type Words = typeof zh;

const en: Words = {
  title: 'Updates',
  newsIn: (place) => `${place}, a newer version is available`,
  daily: 'This app looks for a newer version when it starts, and once a day.',
  look: 'Look for a newer version',
  looking: 'Looking…',
  newest: 'This is the newest version.',
  found: (version) => `Version ${version} is available.`,
  notes: 'What the newer version brings',
  install: 'Install and restart',
  installHint: 'The window closes and opens again by itself. Purchases under way go on after that.',
  loading: (version) => `Downloading version ${version}…`,
  restarting: 'Restarting…',
  lookFailed: 'Looking for a newer version did not work.',
  installFailed: (version) => `Version ${version} was not installed.`,
  failure: {
    no_answer: 'The address of updates does not answer. Check the network and try again.',
    unusable_feed: 'The address of updates answered something this app cannot read. Try again later; if it stays so, tell whoever gave you the app.',
    forged: 'What came is not signed by whoever made this app, or is another version than was said. If it happens again, tell whoever gave you the app.',
    storage: 'The app’s file could not be replaced: no space is left where it lies, or you may not write there. Free some space, or see who owns that folder, and try again.',
  },
  unchanged: 'Nothing has changed; the version you have goes on working.',
  again: 'Look again',
  package: {
    deb: 'Installed as a Debian package. A newer one is installed over it:',
    rpm: 'Installed as an RPM package. A newer one is installed over it:',
  },
  packageFile: 'FILE is the name of the newer package.',
  byHand: 'Get newer versions from where you got this one.',
  unread: 'Updates could not be read.',
};

export const updates = { zh, en };
