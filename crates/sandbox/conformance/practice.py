"""A running sandbox, a phone, and a place for notices: what each Python script here needs."""

import json
import os
import queue
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ["TZ"] = "Asia/Shanghai"  # some SDKs stamp requests in the process's local time


class Practice:
    def __init__(self, program, data):
        self.process = subprocess.Popen(
            [program, "--data", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        ready = json.loads(self.process.stdout.readline())
        self.base = ready["listen"]
        with open(ready["credentials"], encoding="utf-8") as file:
            credentials = json.load(file)
        self.alipay, self.wechat = credentials["alipay"], credentials["wechat"]
        self.notices = queue.Queue()
        practice = self

        class Shop(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                practice.notices.put((dict(self.headers), body))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"success")

            def log_message(self, *_):
                pass

        self.shop = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        threading.Thread(target=self.shop.serve_forever, daemon=True).start()
        self.notify_url = f"http://127.0.0.1:{self.shop.server_port}/notice"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.shop.shutdown()

    def phone(self, act, code):
        request = urllib.request.Request(
            f"{self.base}/phone/{act}",
            json.dumps({"code": code}).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def notice(self):
        return self.notices.get(timeout=20)


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
