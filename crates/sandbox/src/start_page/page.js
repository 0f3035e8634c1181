"use strict";

const zh = document.documentElement.lang.startsWith("zh");
const words = zh
  ? {
      alipay: "支付宝", wechat: "微信支付", none: "还没有调用。把商户的地址指向这里试试。", count: "共 {n} 次，最新的在前",
      offline: "连不上沙箱：它可能已停止。", waiting: "尚无应答", noFaults: "没有，一切正常。", left: "还剩 {n} 次", always: "一直",
      good: "验签通过", bad: "验签失败", missing: "没有签名", not_needed: "无需签名", request: "请求", answer: "应答",
      text: "沙箱拼出的待签名文本（{n} 字节，\\n 表示换行）", why: "可能的原因", differ: "第 {n} 字节起不同（从 0 数）",
      ours: "应为", yours: "实际签的", length: "实际签的文本有 {n} 字节", empty: "（空）",
    }
  : {
      alipay: "Alipay", wechat: "WeChat", none: "No calls yet. Point a merchant's addresses here.", count: "{n} calls, the newest first",
      offline: "The sandbox cannot be reached: it may have stopped.", waiting: "no answer yet", noFaults: "None: everything works.", left: "{n} left", always: "always",
      good: "signature good", bad: "signature bad", missing: "no signature", not_needed: "none needed", request: "Request", answer: "Answer",
      text: "What had to be signed, as the sandbox built it ({n} bytes, \\n is a line break)", why: "Probable reason", differ: "They differ from byte {n} on (counted from 0)",
      ours: "expected", yours: "signed", length: "the text that was signed has {n} bytes", empty: "(empty)",
    };
const $ = (id) => document.getElementById(id);
const say = (word, n) => words[word].replace("{n}", String(n));
const shown = new Map();
let newest = 0;

function node(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function block(title, text) {
  const part = document.createElement("div");
  const pre = node("pre", text || words.empty);
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", title);
  part.append(node("h3", title), pre);
  return part;
}

/** Line breaks as people have to write them, and as they look. */
const visible = (text) => text.replaceAll("\n", "\\n\n");

function hint(one) {
  const part = node("div", "", "hint");
  part.append(node("h3", words.why), node("p", zh ? one.zh : one.en));
  const difference = one.first_difference;
  if (difference) {
    part.append(
      node("p", `${say("differ", difference.byte)}; ${say("length", difference.signed_bytes)}`),
      block(words.ours, visible(difference.expected)),
      block(words.yours, visible(difference.signed)),
    );
  }
  return part;
}

function fill(details, call) {
  const summary = document.createElement("summary");
  const what = node("span", "");
  what.append(node("b", call.http_method), ` ${call.operation ?? call.path}`);
  const result = call.answer ? `HTTP ${call.answer.status} ${call.answer.result}` : words.waiting;
  summary.append(
    node("span", call.at.slice(11, 19)),
    node("span", words[call.channel]),
    what,
    node("span", call.out_trade_no ?? "–"),
    node("span", result),
    node("span", words[call.signature.state], `signed ${call.signature.state}`),
  );
  const body = node("div", "", "open");
  for (const one of call.signature.hints ?? []) body.append(hint(one));
  if (call.signature.signed_text !== undefined) {
    body.append(block(say("text", call.signature.signed_bytes), visible(call.signature.signed_text)));
  }
  body.append(block(words.request, call.request), block(words.answer, call.answer?.body ?? ""));
  const focused = details.contains(document.activeElement);
  details.replaceChildren(summary, body);
  if (focused) summary.focus();
}

function showCalls(calls) {
  const list = $("calls");
  const numbers = new Set(calls.map((call) => call.number));
  for (const [number, { item }] of shown) {
    if (!numbers.has(number)) {
      item.remove();
      shown.delete(number);
    }
  }
  for (const call of [...calls].reverse()) {
    const text = JSON.stringify(call);
    let known = shown.get(call.number);
    if (!known) {
      const item = document.createElement("li");
      item.append(document.createElement("details"));
      list.prepend(item);
      known = { item, text: "" };
      shown.set(call.number, known);
    }
    if (known.text !== text) {
      known.text = text;
      fill(known.item.firstChild, call);
    }
  }
  tell(calls.length ? say("count", calls.length) : words.none);
}

function showFaults(model) {
  const on = [];
  for (const channel of ["alipay", "wechat"]) {
    for (const [fault, setting] of Object.entries(model[channel] ?? {})) {
      if (setting.count === 0) continue;
      const left = setting.count === undefined ? words.always : say("left", setting.count);
      on.push(node("span", `${words[channel]} · ${fault} · ${left}`));
    }
  }
  $("faults").replaceChildren(...(on.length ? on : [words.noFaults]));
}

function tell(text) {
  if ($("state").textContent !== text) $("state").textContent = text;
}

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function refresh() {
  try {
    const [{ calls }, faults] = await Promise.all([ask("/calls"), ask("/faults")]);
    // A sandbox that was started again counts from 1.
    if ((calls[0]?.number ?? 0) < newest) {
      for (const { item } of shown.values()) item.remove();
      shown.clear();
    }
    newest = calls[0]?.number ?? 0;
    showCalls(calls);
    showFaults(faults);
  } catch {
    tell(words.offline);
  }
}

async function watch() {
  if ($("live").checked && !document.hidden) await refresh();
  setTimeout(watch, 2000);
}

document.addEventListener("visibilitychange", () => void ($("live").checked && !document.hidden && refresh()));
void refresh().then(() => setTimeout(watch, 2000));
