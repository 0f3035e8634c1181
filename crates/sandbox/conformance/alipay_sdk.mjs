// One order's life through the sandbox, as Alipay's own Node.js SDK sees it: classic, then OpenAPI v3.
import assert from "node:assert/strict";

import { AlipaySdk } from "alipay-sdk";

import { practice } from "./practice.mjs";

await practice(process.argv[2], async (room) => {
  const sdk = new AlipaySdk({
    appId: room.alipay.app_id,
    keyType: "PKCS8",
    privateKey: await room.text(room.alipay.app_private_key),
    alipayPublicKey: await room.text(room.alipay.alipay_public_key),
    gateway: room.alipay.gateway,
    endpoint: room.base,
  });
  const number = `N${Date.now()}`;
  const verified = { validateSign: true };
  const order = await sdk.exec(
    "alipay.trade.precreate",
    { notifyUrl: room.notifyUrl, bizContent: { out_trade_no: number, total_amount: "12.34", subject: "粗陶侧把壶" } },
    verified,
  );
  assert.equal(order.code, "10000", JSON.stringify(order));
  await room.phone("pay", order.qrCode);
  const query = await sdk.exec("alipay.trade.query", { bizContent: { out_trade_no: number } }, verified);
  assert.equal(query.tradeStatus, "TRADE_SUCCESS");
  const { body } = await room.notice();
  const form = Object.fromEntries(new URLSearchParams(body));
  assert.ok(sdk.checkNotifySignV2(form), "the notice does not verify");
  const refund = await sdk.exec(
    "alipay.trade.refund",
    { bizContent: { out_trade_no: number, refund_amount: "2.34", out_request_no: "r1" } },
    verified,
  );
  assert.equal(refund.fundChange, "Y");

  const other = `V${Date.now()}`;
  const made = await sdk.curl("POST", "/v3/alipay/trade/precreate", {
    body: { out_trade_no: other, total_amount: "1.00", subject: "壶", notify_url: room.notifyUrl },
  });
  assert.equal(made.responseHttpStatus, 200);
  await room.phone("pay", made.data.qr_code);
  const asked = await sdk.curl("POST", "/v3/alipay/trade/query", { body: { out_trade_no: other } });
  assert.equal(asked.data.trade_status, "TRADE_SUCCESS");
  console.log("alipay-sdk: two lives, classic and v3, all signatures verified");
});
