// Opens the page in headless Chromium, gives it files, and prints what it found as JSON, with the masks as base64.
import {createRequire} from "node:module";
import process from "node:process";

const [modules, address, picture, ...files] = process.argv.slice(2);
const puppeteer = createRequire(`${modules}/`)("puppeteer-core");
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(address);
  const ends = (words) => page.waitForFunction((start) => document.getElementById("state").textContent.startsWith(start)
    || document.getElementById("state").className === "error", {timeout: 120000}, words);
  await ends("ready");
  const ready = await page.$eval("#state", (node) => node.textContent);
  await (await page.$("#file")).uploadFile(...files);
  await ends("done");
  const found = await page.evaluate(async () => Promise.all([...document.querySelectorAll("figure")].map(async (figure) => {
    const files = {};
    for (const link of figure.querySelectorAll("a")) {
      let text = "";
      for (const byte of new Uint8Array(await (await fetch(link.href)).arrayBuffer())) text += String.fromCharCode(byte);
      files[link.download] = btoa(text);
    }
    const [saved] = Object.keys(files);
    return {...figure.dataset, files, saved, mask: files[saved] ?? "", caption: figure.textContent};
  })));
  const legend = await page.$eval("#legend", (node) => (node.hidden ? "" : node.textContent));
  await page.screenshot({path: picture, fullPage: true});
  console.log(JSON.stringify({ready, legend, found, problems, foreign: asked.filter((one) => !one.startsWith(address) && !/^(blob|data):/.test(one))}));
} finally {
  await browser.close();
}
