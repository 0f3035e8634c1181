"""One order's life through the sandbox, as python-alipay-sdk sees it. Every answer is verified by the SDK."""

import sys
import tempfile
import time
from urllib.parse import parse_qsl

from alipay import AliPay

from practice import Practice, text

with tempfile.TemporaryDirectory() as data, Practice(sys.argv[1], data) as practice:
    mine = practice.alipay
    alipay = AliPay(
        appid=mine["app_id"],
        app_private_key_string=text(mine["app_private_key"].replace(".pem", ".pkcs1.pem")),
        alipay_public_key_string=text(mine["alipay_public_key"]),
    )
    alipay._gateway = mine["gateway"]
    number = f"P{time.time_ns()}"

    order = alipay.api_alipay_trade_precreate("粗陶侧把壶", number, "12.34", notify_url=practice.notify_url)
    assert order["code"] == "10000", order
    assert alipay.api_alipay_trade_query(number)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    practice.phone("scan", order["qr_code"])
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "WAIT_BUYER_PAY"
    practice.phone("pay", order["qr_code"])
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "TRADE_SUCCESS"

    _, body = practice.notice()
    form = dict(parse_qsl(body.decode()))
    assert alipay.verify(form, form.pop("sign")), "the notice does not verify"
    assert form["trade_status"] == "TRADE_SUCCESS" and form["total_amount"] == "12.34", form

    refund = alipay.api_alipay_trade_refund("2.34", number, out_request_no="r1")
    assert refund["fund_change"] == "Y", refund
    again = alipay.api_alipay_trade_fastpay_refund_query("r1", out_trade_no=number)
    assert again["refund_status"] == "REFUND_SUCCESS", again
    cancel = alipay.api_alipay_trade_cancel("never_ordered")
    assert cancel["retry_flag"] == "N" and "action" not in cancel, cancel
    print("python-alipay-sdk: one life, all signatures verified")
