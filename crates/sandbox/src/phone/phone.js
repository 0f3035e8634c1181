// The practice wallet: opening the page scans the code, the buttons pay or decline it, once, twice or too late.
"use strict";

const WORDS = {
  zh: {
    wallet: "模拟钱包",
    alipay: "支付宝",
    wechat: "微信支付",
    payee: "收款方",
    goods: "商品",
    method: "付款方式",
    balance: "模拟余额",
    more: "其他付法",
    twice: "付两次",
    twiceHint: "第二个买家也付同一个码。打开 double_payment 故障才会成功，否则会被拒。",
    late: "过期后再付",
    lateHint: "等到订单过期那一刻再付，看渠道怎么处理。",
    lateWaiting: "等订单过期再付",
    lateLeft: "还有 {left}，请别关掉这一页。",
    stop: "不等了",
    paidTwice: "付了两次",
    paidTwiceHint: "两个买家各付了一次，商家应退回其中一笔。",
    refusedTwice: "只收了一次",
    refusedTwiceHint: "渠道拒绝了第二个买家：这笔订单已付过款。打开 double_payment 故障后会放行。",
    bills: "余额和账单",
    noBills: "还没有账单",
    back: "已退 {amount}",
    unreal: "练习用，不会动用真实的钱",
    pay: "确认付款",
    payAmount: "付款 {amount}",
    decline: "拒绝付款",
    open: "打开付款码",
    again: "再扫一个码",
    codeLabel: "付款码内容",
    empty: "等待付款码",
    emptyHint: "店铺一出码，就会在这里打开。也可以把码粘贴在下面。",
    loading: "正在识别付款码…",
    waiting: "付给 {payee}",
    paid: "付款成功",
    paidHint: "商家很快会收到通知。",
    declined: "已拒绝付款",
    declinedAlipay: "钱包拒绝了这笔付款，交易已关闭，没有扣款。",
    declinedWechat: "这次没有付成，没有扣款。订单还在，可以再扫一次。",
    expired: "付款码已过期",
    expiredHint: "没有扣款。请让商家换一个新码。",
    superseded: "付款码已更新",
    supersededHint: "商家已换了新码，请扫新的那个。没有扣款。",
    already_paid: "这笔订单已付过款",
    already_paidHint: "不用再付一次。",
    closed: "这笔交易已关闭",
    closedHint: "没有扣款。",
    other_buyer: "商家订单信息有误",
    other_buyerHint: "这个码已绑定另一个账号，没有扣款。",
    unknown_code: "不认识这个付款码",
    unknown_codeHint: "请确认它来自练习店铺。",
    channel_down: "钱包暂时用不了",
    channel_downHint: "支付渠道正在故障中，没有扣款。过一会儿再试一次。",
    offline: "连不上模拟钱包",
    offlineHint: "请确认练习环境还开着，然后再试一次。",
    retry: "再试一次",
  },
  en: {
    wallet: "Practice wallet",
    alipay: "Alipay",
    wechat: "WeChat Pay",
    payee: "To",
    goods: "Goods",
    method: "Paid from",
    balance: "Pretend balance",
    more: "Other ways to pay",
    twice: "Pay twice",
    twiceHint: "A second buyer pays the same code. It works while the fault double_payment is on; else it is refused.",
    late: "Pay late",
    lateHint: "Pays the moment the order has run out, to see what the channel does.",
    lateWaiting: "Paying when the order has run out",
    lateLeft: "{left} to go. Keep this page open.",
    stop: "Stop waiting",
    paidTwice: "Paid twice",
    paidTwiceHint: "Two buyers have paid. The shop should give one of them the money back.",
    refusedTwice: "Taken only once",
    refusedTwiceHint: "The channel refused the second buyer: this order is paid. The fault double_payment lets it through.",
    bills: "Balance and bills",
    noBills: "No bills yet",
    back: "{amount} given back",
    unreal: "Practice only: no real money moves",
    pay: "Pay",
    payAmount: "Pay {amount}",
    decline: "Decline",
    open: "Open this code",
    again: "Scan another code",
    codeLabel: "Payment code",
    empty: "Waiting for a code",
    emptyHint: "The shop’s next code opens here by itself. Or paste one below.",
    loading: "Reading the code…",
    waiting: "To {payee}",
    paid: "Paid",
    paidHint: "The shop will hear of it in a moment.",
    declined: "Payment declined",
    declinedAlipay: "The wallet refused this payment and the trade is closed. Nothing was charged.",
    declinedWechat: "This try failed and nothing was charged. The order is still open; you can scan again.",
    expired: "This code has expired",
    expiredHint: "Nothing was charged. Ask the shop for a new code.",
    superseded: "There is a newer code",
    supersededHint: "The shop shows a new code; scan that one. Nothing was charged.",
    already_paid: "This order is already paid",
    already_paidHint: "No need to pay again.",
    closed: "This order was closed",
    closedHint: "Nothing was charged.",
    other_buyer: "This order belongs to another account",
    other_buyerHint: "Another account has scanned this code. Nothing was charged.",
    unknown_code: "Unknown payment code",
    unknown_codeHint: "Make sure it comes from the practice shop.",
    channel_down: "The wallet does not work just now",
    channel_downHint: "Its channel is down. Nothing was charged; try again in a minute.",
    offline: "The practice wallet cannot be reached",
    offlineHint: "Check that the practice room is still open, then try again.",
    retry: "Try again",
  },
};

const query = new URLSearchParams(location.search);
const lang = chosenLanguage();
const words = WORDS[lang];
const $ = (id) => document.getElementById(id);
let code = (query.get("code") ?? "").trim();
let busy = false;
let openUntil = 0;
let ticking = 0;
let looking = 0;
/** Codes this page has opened: one that was put away does not come back by itself. */
const opened = new Set();

function chosenLanguage() {
  const asked = query.get("lang");
  if (asked) return asked.toLowerCase().startsWith("zh") ? "zh" : "en";
  for (const one of navigator.languages ?? [navigator.language]) {
    if (one.toLowerCase().startsWith("zh")) return "zh";
    if (one.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

function channelOf(text) {
  if (text.startsWith("https://qr.alipay.com/")) return "alipay";
  return text.startsWith("weixin://") ? "wechat" : "";
}

/** Fen as yuan, without floating point. */
function yuan(fen) {
  const digits = String(fen).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return { whole, cents: digits.slice(-2), text: `¥${whole}.${digits.slice(-2)}` };
}

function dress(channel) {
  document.body.dataset.channel = channel;
  $("channel").textContent = words[channel] ?? "";
}

const BUTTONS = ["pay", "decline", "twice", "late"];

/** The drawing above a result: a tick, a cross or a clock. */
const SIGNS = { paid: "yes", already_paid: "yes", late: "wait", expired: "wait", superseded: "wait", channel_down: "wait", offline: "wait" };

/** Shows a state; `say` is also told to screen readers. */
function show(view, heading, hint = "", say = true, sign = SIGNS[view] ?? "no") {
  document.body.dataset.view = view;
  document.body.dataset.sign = sign;
  $("heading").textContent = heading;
  $("hint").textContent = hint;
  $("told").textContent = say ? [heading, hint].filter(Boolean).join(" ") : "";
  document.title = `${heading} · ${words.wallet}`;
}

function showOrder(order) {
  dress(order.channel);
  const amount = yuan(order.amount_fen);
  const sign = document.createElement("small");
  sign.textContent = "¥";
  const cents = document.createElement("span");
  cents.textContent = `.${amount.cents}`;
  $("amount").replaceChildren(sign, amount.whole, cents);
  $("payee").textContent = order.payee;
  $("subject").textContent = order.subject;
  $("pay").textContent = words.payAmount.replace("{amount}", amount.text);
  return amount;
}

function showTrouble(trouble) {
  const heading = words[trouble] ?? words.offline;
  show("trouble", heading, words[`${trouble}Hint`] ?? words.offlineHint, true, SIGNS[trouble] ?? "no");
  $("again").textContent = ["offline", "channel_down"].includes(trouble) ? words.retry : words.again;
  $("again").focus();
}

async function ask(act, buyer = "first") {
  const abort = AbortSignal.timeout(15000);
  try {
    const response = await fetch(`/phone/${act}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code, lang, buyer }),
      signal: abort,
    });
    const answer = await response.json();
    return response.ok ? { order: answer } : { trouble: answer.code };
  } catch {
    return { trouble: "offline" };
  }
}

/** Asks while the buttons rest; nothing when an answer is already awaited. */
async function askOnce(act, buyer) {
  if (busy) return undefined;
  busy = true;
  for (const id of BUTTONS) $(id).setAttribute("aria-disabled", "true");
  const answer = await ask(act, buyer);
  busy = false;
  for (const id of BUTTONS) $(id).removeAttribute("aria-disabled");
  void showWallet();
  return answer;
}

async function perform(act) {
  const answer = await askOnce(act);
  if (!answer) return;
  const { order, trouble } = answer;
  if (trouble) {
    showTrouble(trouble);
    return;
  }
  openUntil = performance.now() + order.open_for_ms;
  const amount = showOrder(order);
  $("again").textContent = words.again;
  if (order.state === "waiting") {
    show("waiting", words.waiting.replace("{payee}", order.payee), "", false);
    $("told").textContent = `${words.waiting.replace("{payee}", order.payee)} ${amount.text} ${order.subject}`;
    $("pay").focus({ focusVisible: false });
  } else if (order.state === "paid") {
    show("paid", words.paid, words.paidHint);
    $("again").focus({ focusVisible: false });
  } else {
    show("declined", words.declined, order.channel === "alipay" ? words.declinedAlipay : words.declinedWechat);
    $("again").focus({ focusVisible: false });
  }
}

/** The first buyer pays unless it is done, then a second one pays the same code. */
async function payTwice() {
  if (document.body.dataset.view !== "paid") await perform("pay");
  if (document.body.dataset.view !== "paid") return;
  const answer = await askOnce("pay", "second");
  if (!answer) return;
  if (answer.trouble && answer.trouble !== "already_paid") {
    showTrouble(answer.trouble);
    return;
  }
  const word = answer.order ? "paidTwice" : "refusedTwice";
  show("paid", words[word], words[`${word}Hint`]);
  $("again").focus({ focusVisible: false });
}

/** A span as people read it: 1:59:07 or 4:05. */
function clock(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** Waits until the order has run out and pays then; the channel decides. */
function payLate() {
  const left = () => openUntil + 200 - performance.now();
  const text = () => words.lateLeft.replace("{left}", clock(left()));
  show("late", words.lateWaiting, text(), true, "wait");
  $("stop").focus({ focusVisible: false });
  const tick = () => {
    $("hint").textContent = text();
    if (left() > 0) ticking = setTimeout(tick, Math.min(1000, left()));
    else void perform("pay");
  };
  tick();
}

function stopWaiting() {
  clearTimeout(ticking);
  open();
}

function billOf(one) {
  const row = document.createElement("li");
  const goods = document.createElement("span");
  const when = document.createElement("small");
  const amount = document.createElement("b");
  const back = one.refunded_fen > 0 ? ` · ${words.back.replace("{amount}", yuan(one.refunded_fen).text)}` : "";
  goods.textContent = one.subject;
  when.textContent = `${(one.paid_at ?? "").slice(5, 16).replace("T", " ")}${back}`;
  amount.textContent = `−${yuan(one.amount_fen).text}`;
  row.append(goods, amount, when);
  return row;
}

/** Balance and bills of the wallet that is open, or of both while no code is. */
async function showWallet() {
  const open = document.body.dataset.channel;
  const parts = [];
  for (const channel of open ? [open] : ["alipay", "wechat"]) {
    try {
      const response = await fetch(`/phone/wallet?channel=${channel}`, { signal: AbortSignal.timeout(15000) });
      if (!response.ok) return;
      const wallet = await response.json();
      const balance = `${words.balance} ${yuan(wallet.balance_fen).text}`;
      const title = document.createElement("h2");
      title.textContent = `${words[channel]} · ${balance}`;
      const list = document.createElement("ul");
      list.append(...wallet.bills.map(billOf));
      const none = document.createElement("p");
      none.textContent = words.noBills;
      parts.push(title, wallet.bills.length ? list : none);
      if (open) $("balance").textContent = balance;
    } catch {
      return;
    }
  }
  if (document.body.dataset.channel === open) $("bills").replaceChildren(...parts);
}

function askForCode() {
  code = "";
  dress("");
  show("empty", words.empty, words.emptyHint, false);
  void showWallet();
  $("code").value = "";
  $("code").focus();
  void lookForCode();
}

/** Looks now and then for a code that waits, until there is one or somebody writes one here. */
async function lookForCode() {
  clearTimeout(looking);
  let newest = null;
  if (!document.hidden) {
    try {
      const response = await fetch("/phone/newest", { signal: AbortSignal.timeout(15000) });
      newest = (await response.json()).code;
    } catch {
      if (document.body.dataset.view === "empty") showTrouble("offline");
      return;
    }
  }
  if (document.body.dataset.view !== "empty") return;
  if (newest && !opened.has(newest) && !$("code").value) {
    code = newest;
    open();
    return;
  }
  looking = setTimeout(() => void lookForCode(), 1500);
}

function open() {
  if (!code) {
    askForCode();
    return;
  }
  opened.add(code);
  dress(channelOf(code));
  show("loading", words.loading, "", false);
  void perform("scan");
}

document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
$("pay").textContent = words.pay;
$("twice").addEventListener("click", () => void payTwice());
$("late").addEventListener("click", payLate);
$("stop").addEventListener("click", stopWaiting);
$("pay").addEventListener("click", () => void perform("pay"));
$("decline").addEventListener("click", () => void perform("decline"));
$("again").addEventListener("click", () => {
  if ($("again").textContent === words.retry) open();
  else askForCode();
});
$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  code = $("code").value.trim();
  if (code) open();
});
$("code").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("enter").requestSubmit();
  }
});
open();
