// One order's life through the sandbox, as wechatpay-axios-plugin sees it.
import assert from "node:assert/strict";

import plugin from "wechatpay-axios-plugin";

import { practice } from "./practice.mjs";

const { Aes, Formatter, Rsa, Wechatpay } = plugin;

await practice(process.argv[2], async (room) => {
  const mine = room.wechat;
  const publicKey = Rsa.from(await room.text(mine.public_key), Rsa.KEY_TYPE_PUBLIC);
  const wechat = new Wechatpay({
    mchid: mine.mchid,
    serial: mine.merchant_serial,
    privateKey: Rsa.from(await room.text(mine.merchant_private_key)),
    certs: { [mine.public_key_id]: publicKey },
    baseURL: room.base,
  });
  const number = `X${Date.now()}`;
  const order = await wechat.v3.pay.transactions.native.post({
    appid: mine.appid,
    mchid: mine.mchid,
    description: "粗陶侧把壶",
    out_trade_no: number,
    notify_url: room.notifyUrl,
    amount: { total: 1234 },
  });
  await room.phone("pay", order.data.code_url);
  const ask = () => wechat.v3.pay.transactions.outTradeNo.$out_trade_no$.get({ params: { mchid: mine.mchid }, out_trade_no: number });
  assert.equal((await ask()).data.trade_state, "SUCCESS");

  const { headers, body } = await room.notice();
  const signed = Formatter.response(headers["wechatpay-timestamp"], headers["wechatpay-nonce"], body);
  assert.equal(headers["wechatpay-serial"], mine.public_key_id);
  assert.ok(Rsa.verify(signed, headers["wechatpay-signature"], publicKey), "the notice does not verify");
  const { ciphertext, nonce, associated_data: aad } = JSON.parse(body).resource;
  assert.equal(JSON.parse(Aes.AesGcm.decrypt(ciphertext, mine.apiv3_key, nonce, aad)).out_trade_no, number);

  const refund = await wechat.v3.refund.domestic.refunds.post({
    out_trade_no: number,
    out_refund_no: "R1",
    amount: { refund: 234, total: 1234, currency: "CNY" },
  });
  assert.equal(refund.data.status, "PROCESSING");
  console.log("wechatpay-axios-plugin: one life, all signatures verified");
});
