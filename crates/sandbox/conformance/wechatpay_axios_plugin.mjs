// Orders in the sandbox as wechatpay-axios-plugin sees them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import plugin from "wechatpay-axios-plugin";

import { practice } from "./practice.mjs";

const { Aes, Formatter, Rsa, Wechatpay } = plugin;

let room;
let mine;
let publicKey;
let wechat;
let numbers = 0;
const fresh = () => `X${Date.now()}${(numbers += 1)}`;

before(async () => {
  room = await practice();
  mine = room.wechat;
  publicKey = Rsa.from(await room.text(mine.public_key), Rsa.KEY_TYPE_PUBLIC);
  wechat = new Wechatpay({
    mchid: mine.mchid,
    serial: mine.merchant_serial,
    privateKey: Rsa.from(await room.text(mine.merchant_private_key)),
    certs: { [mine.public_key_id]: publicKey },
    baseURL: room.base,
    timeout: 30_000,
  });
});
after(() => room?.close());

const order = async () => {
  const number = fresh();
  const { data } = await wechat.v3.pay.transactions.native.post({
    appid: mine.appid,
    mchid: mine.mchid,
    description: "粗陶侧把壶",
    out_trade_no: number,
    notify_url: room.notifyUrl,
    amount: { total: 1234 },
  });
  return { number, code: data.code_url };
};
const at = (number) => ({ out_trade_no: number });
const query = async (number) => {
  const asked = { params: { mchid: mine.mchid }, ...at(number) };
  return (await wechat.v3.pay.transactions.outTradeNo.$out_trade_no$.get(asked)).data;
};
const close = (number) => wechat.v3.pay.transactions.outTradeNo.$out_trade_no$.close.post({ mchid: mine.mchid }, at(number));
const verifies = ({ headers, body }) => {
  assert.equal(headers["wechatpay-serial"], mine.public_key_id);
  const signed = Formatter.response(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body);
  return Rsa.verify(signed, headers["wechatpay-signature"], publicKey);
};
const opened = ({ body }) => {
  const { ciphertext, nonce, associated_data: aad } = JSON.parse(body).resource;
  return JSON.parse(Aes.AesGcm.decrypt(ciphertext, mine.apiv3_key, nonce, aad));
};
const pay = async () => {
  const { number, code } = await order();
  await room.phone("pay", code);
  const notice = await room.notice();
  assert.equal(opened(notice).out_trade_no, number);
  return { number, notice };
};

describe("wechatpay-axios-plugin", () => {
  test("an order is queried before it is paid and after, and its notice opens", async () => {
    const { number, code } = await order();
    assert.equal((await query(number)).trade_state, "NOTPAY");
    await room.phone("pay", code);
    const paid = await query(number);
    assert.deepEqual([paid.trade_state, paid.amount.total, paid.out_trade_no], ["SUCCESS", 1234, number]);
    const notice = await room.notice();
    assert.ok(verifies(notice), "the notice does not verify");
    const { trade_state: state, amount, transaction_id: id } = opened(notice);
    assert.deepEqual([state, amount.total, id], ["SUCCESS", 1234, paid.transaction_id]);
  });

  test("an order is closed and can then not be paid", async () => {
    const { number, code } = await order();
    assert.equal((await close(number)).status, 204);
    assert.equal((await query(number)).trade_state, "CLOSED");
    await assert.rejects(room.phone("pay", code), /409/);
  });

  test("a paid order cannot be closed", async () => {
    const { number } = await pay();
    await assert.rejects(close(number), (error) => error.response.data.code === "ORDERPAID");
  });

  test("a refund is under way at first, and a notice tells of its end", async () => {
    const { number } = await pay();
    const id = fresh();
    const amount = { refund: 234, total: 1234, currency: "CNY" };
    const ask = { ...at(number), out_refund_no: id, notify_url: room.notifyUrl, amount };
    const asked = await wechat.v3.refund.domestic.refunds.post(ask);
    assert.equal(asked.data.status, "PROCESSING");
    const notice = await room.notice();
    assert.ok(verifies(notice), "the notice does not verify");
    const told = opened(notice);
    assert.deepEqual([told.out_refund_no, told.refund_status, told.amount.refund], [id, "SUCCESS", 234]);
    const found = await wechat.v3.refund.domestic.refunds.$out_refund_no$.get({ out_refund_no: id });
    assert.deepEqual([found.data.status, found.data.amount.refund], ["SUCCESS", 234]);
    assert.equal((await query(number)).trade_state, "REFUND");
  });

  test("an answer signed wrong, by a probe or not at all is refused", async () => {
    const { number } = await pay();
    for (const [fault, code] of [
      ["answer_signature_wrong", "EV3_RES_HEADER_SIGNATURE_DIGEST"],
      ["answer_signature_probe", "EV3_RES_HEADER_SIGNATURE_DIGEST"],
      ["answer_signature_missing", "EV3_RES_HEADERS_INCOMPLATE"],
    ]) {
      await room.faults({ wechat: { [fault]: { count: 1, calls: ["query"] } } });
      await assert.rejects(query(number), { code }, fault);
      assert.equal(await room.fired("wechat", fault), 1, fault);
      assert.equal((await query(number)).trade_state, "SUCCESS", `${fault} is used up`);
    }
  });

  test("a notice signed wrong, or altered on the way, is refused, and the right one follows", async () => {
    await room.faults({ wechat: { notice_signature_wrong: { count: 1 } } });
    room.refuseNext();
    const { notice } = await pay();
    assert.ok(!verifies(notice), "a wrong signature verified");
    const right = await room.notice();
    assert.ok(verifies(right), "the repeated notice does not verify");
    assert.ok(!verifies({ ...right, body: right.body.replace("支付成功", "支付失败") }), "an altered notice verified");
    const altered = JSON.parse(right.body);
    const bytes = Buffer.from(altered.resource.ciphertext, "base64");
    bytes[0] ^= 1;
    altered.resource.ciphertext = bytes.toString("base64");
    assert.throws(() => opened({ body: JSON.stringify(altered) }), "an altered resource opened");
    assert.equal(await room.fired("wechat", "notice_signature_wrong"), 1);
  });
});
