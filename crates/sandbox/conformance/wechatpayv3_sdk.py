"""One order's life through the sandbox, as wechatpayv3 sees it. Every answer and notice is verified by the SDK."""

import json
import sys
import tempfile
import time

from wechatpayv3 import WeChatPay, WeChatPayType

from practice import Practice, text

with tempfile.TemporaryDirectory() as data, Practice(sys.argv[1], data) as practice:
    mine = practice.wechat
    wechat = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=mine["mchid"],
        private_key=text(mine["merchant_private_key"]),
        cert_serial_no=mine["merchant_serial"],
        apiv3_key=mine["apiv3_key"],
        appid=mine["appid"],
        notify_url=practice.notify_url,
        public_key=text(mine["public_key"]),
        public_key_id=mine["public_key_id"],
        timeout=(5, 10),
    )
    wechat._core._gate_way = practice.base
    number = f"W{time.time_ns()}"

    def call(answer, status=200):
        assert answer[0] == status, answer
        return json.loads(answer[1]) if answer[1] else None

    order = call(wechat.pay("粗陶侧把壶", number, {"total": 1234}))
    assert call(wechat.query(out_trade_no=number))["trade_state"] == "NOTPAY"
    practice.phone("pay", order["code_url"])
    paid = call(wechat.query(out_trade_no=number))
    assert paid["trade_state"] == "SUCCESS" and paid["amount"]["total"] == 1234, paid
    assert call(wechat.query(transaction_id=paid["transaction_id"]))["out_trade_no"] == number

    headers, body = practice.notice()
    spelled = {name.title(): value for name, value in headers.items()}
    told = wechat.callback(spelled, body.decode())
    assert told and told["event_type"] == "TRANSACTION.SUCCESS", told
    assert told["resource"]["out_trade_no"] == number, told

    amount = {"refund": 234, "total": 1234, "currency": "CNY"}
    refund = call(wechat.refund("R1", amount, out_trade_no=number, notify_url=practice.notify_url))
    assert refund["status"] == "PROCESSING", refund
    headers, body = practice.notice()
    spelled = {name.title(): value for name, value in headers.items()}
    assert wechat.callback(spelled, body.decode())["event_type"] == "REFUND.SUCCESS"
    assert call(wechat.query_refund("R1"))["status"] == "SUCCESS"

    other = f"C{time.time_ns()}"
    call(wechat.pay("粗陶侧把壶", other, {"total": 1}))
    call(wechat.close(other), 204)
    assert call(wechat.query(out_trade_no=other))["trade_state"] == "CLOSED"
    print("wechatpayv3: one life, all signatures verified")
