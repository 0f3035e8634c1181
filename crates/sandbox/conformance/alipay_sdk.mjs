// Orders in the sandbox as Alipay's own Node.js SDK sees them: the classic gateway, then OpenAPI v3.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { AlipaySdk } from "alipay-sdk";

import { practice } from "./practice.mjs";

// What the SDK says of each.
const SPOILED = [
  ["answer_signature_wrong", { message: /验签失败/ }],
  ["answer_signature_probe", { message: /验签失败/ }],
  ["answer_signature_missing", { code: "ERR_INVALID_ARG_TYPE" }],
];

let room;
let sdk;
let numbers = 0;
const fresh = () => `N${Date.now()}${(numbers += 1)}`;

before(async () => {
  room = await practice();
  sdk = new AlipaySdk({
    appId: room.alipay.app_id,
    keyType: "PKCS8",
    privateKey: await room.text(room.alipay.app_private_key),
    alipayPublicKey: await room.text(room.alipay.alipay_public_key),
    gateway: room.alipay.gateway,
    endpoint: room.base,
    timeout: 30_000,
  });
});
after(() => room?.close());

describe("alipay-sdk at the classic gateway", () => {
  const call = (method, bizContent, more) => sdk.exec(`alipay.trade.${method}`, { bizContent, ...more }, { validateSign: true });
  const query = (number) => call("query", { out_trade_no: number });
  const order = async () => {
    const number = fresh();
    const biz = { out_trade_no: number, total_amount: "12.34", subject: "粗陶侧把壶" };
    const made = await call("precreate", biz, { notifyUrl: room.notifyUrl });
    assert.equal(made.code, "10000", JSON.stringify(made));
    return { number, code: made.qrCode };
  };
  const form = async () => Object.fromEntries(new URLSearchParams((await room.notice()).body));
  const pay = async () => {
    const { number, code } = await order();
    await room.phone("pay", code);
    const notice = await form();
    assert.equal(notice.out_trade_no, number);
    return { number, notice };
  };

  test("an order is queried before the scan, after it and when it is paid", async () => {
    const { number, code } = await order();
    assert.equal((await query(number)).subCode, "ACQ.TRADE_NOT_EXIST");
    await room.phone("scan", code);
    assert.equal((await query(number)).tradeStatus, "WAIT_BUYER_PAY");
    await room.phone("pay", code);
    const paid = await query(number);
    assert.deepEqual([paid.tradeStatus, paid.totalAmount, paid.outTradeNo], ["TRADE_SUCCESS", "12.34", number]);
    const notice = await form();
    assert.ok(sdk.checkNotifySignV2(notice), "the notice does not verify");
    assert.deepEqual([notice.trade_status, notice.total_amount], ["TRADE_SUCCESS", "12.34"]);
  });

  test("a scanned order is closed and an unscanned one cancelled", async () => {
    const scanned = await order();
    await room.phone("scan", scanned.code);
    assert.equal((await call("close", { out_trade_no: scanned.number })).code, "10000");
    assert.equal((await query(scanned.number)).tradeStatus, "TRADE_CLOSED");
    const closed = await form();
    assert.ok(sdk.checkNotifySignV2(closed), "the notice does not verify");
    assert.deepEqual([closed.out_trade_no, closed.trade_status], [scanned.number, "TRADE_CLOSED"]);
    const unscanned = await order();
    assert.equal((await call("close", { out_trade_no: unscanned.number })).subCode, "ACQ.TRADE_NOT_EXIST");
    assert.equal((await call("cancel", { out_trade_no: unscanned.number })).retryFlag, "N");
    await assert.rejects(room.phone("pay", unscanned.code), /409/);
  });

  test("a payment is refunded in part, once however often it is asked, and never beyond itself", async () => {
    const { number } = await pay();
    const refund = (id, yuan) => call("refund", { out_trade_no: number, refund_amount: yuan, out_request_no: id });
    assert.equal((await refund("r1", "2.34")).fundChange, "Y");
    assert.ok(sdk.checkNotifySignV2(await form()), "the refund's notice does not verify");
    assert.equal((await refund("r1", "2.34")).fundChange, "N");
    assert.equal((await refund("r2", "10.01")).code, "40004");
    const asked = await call("fastpay.refund.query", { out_trade_no: number, out_request_no: "r1" });
    assert.deepEqual([asked.refundStatus, asked.refundAmount], ["REFUND_SUCCESS", "2.34"]);
  });

  test("an answer signed wrong, by a probe or not at all is refused", async () => {
    const { number } = await pay();
    for (const [fault, refused] of SPOILED) {
      await room.faults({ alipay: { [fault]: { count: 1, calls: ["query"] } } });
      await assert.rejects(query(number), refused, fault);
      assert.equal(await room.fired("alipay", fault), 1, fault);
      assert.equal((await query(number)).tradeStatus, "TRADE_SUCCESS", `${fault} is used up`);
    }
  });

  test("a notice signed wrong, or altered on the way, is refused, and the right one follows", async () => {
    await room.faults({ alipay: { notice_signature_wrong: { count: 1 } } });
    room.refuseNext();
    const { number, notice } = await pay();
    assert.ok(!sdk.checkNotifySignV2(notice), "a wrong signature verified");
    const right = await form();
    assert.equal(right.out_trade_no, number);
    assert.ok(sdk.checkNotifySignV2(right), "the repeated notice does not verify");
    assert.ok(!sdk.checkNotifySignV2({ ...right, total_amount: "12.35" }), "an altered notice verified");
    assert.equal(await room.fired("alipay", "notice_signature_wrong"), 1);
  });
});

describe("alipay-sdk at OpenAPI v3", () => {
  const call = (name, body) => sdk.curl("POST", `/v3/alipay/trade/${name}`, { body });

  test("an order is made, paid, queried and refunded", async () => {
    const number = fresh();
    const made = await call("precreate", { out_trade_no: number, total_amount: "1.00", subject: "壶" });
    await room.phone("pay", made.data.qr_code);
    assert.equal((await call("query", { out_trade_no: number })).data.trade_status, "TRADE_SUCCESS");
    const refund = { out_trade_no: number, refund_amount: "1.00", out_request_no: "r1" };
    assert.equal((await call("refund", refund)).data.fund_change, "Y");
    assert.equal((await call("query", { out_trade_no: number })).data.trade_status, "TRADE_CLOSED");
  });

  test("an answer signed wrong is refused", async () => {
    const number = fresh();
    const made = await call("precreate", { out_trade_no: number, total_amount: "1.00", subject: "壶" });
    await room.phone("pay", made.data.qr_code);
    await room.faults({ alipay: { answer_signature_wrong: { count: 1, calls: ["query"] } } });
    await assert.rejects(call("query", { out_trade_no: number }), { code: "response-signature-verify-error" });
    assert.equal((await call("query", { out_trade_no: number })).data.trade_status, "TRADE_SUCCESS");
  });
});
