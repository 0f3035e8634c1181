// A running sandbox, a phone, and a place for notices: what each Node.js script here needs.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

process.env.TZ = "Asia/Shanghai"; // some SDKs stamp requests in the process's local time

export async function practice(program, live) {
  const data = await mkdtemp(join(tmpdir(), "practice-"));
  const child = spawn(program, ["--data", data], { stdio: ["ignore", "pipe", "ignore"] });
  const came = [];
  const waiting = [];
  const shop = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      response.end("success");
      const notice = { headers: request.headers, body: Buffer.concat(pieces).toString() };
      const taker = waiting.shift();
      if (taker) taker(notice);
      else came.push(notice);
    });
  });
  await new Promise((ready) => shop.listen(0, "127.0.0.1", ready));
  try {
    const [line] = await new Promise((ready) => createInterface(child.stdout).once("line", (text) => ready([text])));
    const { listen, credentials } = JSON.parse(line);
    const keys = JSON.parse(await readFile(credentials, "utf8"));
    await live({
      base: listen,
      alipay: keys.alipay,
      wechat: keys.wechat,
      notifyUrl: `http://127.0.0.1:${shop.address().port}/notice`,
      text: (path) => readFile(path, "utf8"),
      notice: () => (came.length ? Promise.resolve(came.shift()) : new Promise((taker) => waiting.push(taker))),
      phone: async (act, code) => {
        const response = await fetch(`${listen}/phone/${act}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ code }),
        });
        if (!response.ok) throw new Error(`${act}: ${await response.text()}`);
        return response.json();
      },
    });
  } finally {
    child.kill();
    shop.close();
    await rm(data, { recursive: true, force: true });
  }
}
