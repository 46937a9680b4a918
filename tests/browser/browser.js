// Opens a report folder in Debian's Chromium, from disk, and watches for anything that leaves the machine or fails.
import { chromium } from "playwright-core";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

/// The run to open: REPORT, or what `orderpoint demo` published last.
export const report = process.env.REPORT || fileURLToPath(new URL("../../reports/demo/current", import.meta.url));

/// The code of an item of the run: pages name items by it.
const script = readFileSync(join(report, "report", "data", "items.js"), "utf8");
// Of a large shop it is packed.
const [, packed] = script.match(/^OP\.packed\("table","([^"]*)"/) || [];
const [, code] = (packed ? inflateRawSync(Buffer.from(packed, "base64")).toString() : script).match(/"key":"sku".*?"words":\["([^"]+)"/);
export const ITEM = `report/item.html#sku=${encodeURIComponent(code)}`;
export const PAGES = [
  "index.html", "report/recommendations.html", ITEM, "report/channels.html", "report/suppliers.html",
  "report/indicators.html", "report/lists.html", "report/accuracy.html", "report/quality.html", "report/changes.html", "report/glossary.html",
];

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/// A browser with an empty profile; `faults` collects console errors, page errors and requests that are not for a file.
export async function launch(run, viewport = WIDE) {
  const profile = mkdtempSync(join(tmpdir(), "orderpoint-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport,
    acceptDownloads: true,
  });
  const faults = [];
  const page = context.pages()[0] || (await context.newPage());
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`); });
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) faults.push(`request: ${request.url()}`); });
  page.on("requestfailed", (request) => faults.push(`failed: ${request.url()}`));
  const open = async (path) => {
    const [file, anchor] = path.split("#");
    const url = pathToFileURL(join(run, file)).href + (anchor ? `#${anchor}` : "");
    await page.goto("about:blank");
    faults.length = 0;
    await page.goto(url, { waitUntil: "load" });
    await settled(page);
    return page;
  };
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, open, faults, close };
}

/// Waits until every table and the item are drawn.
export async function settled(page) {
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[data-table]")].every((t) => "ready" in t.dataset || t.closest("details:not([open])")) &&
    (!document.getElementById("queue") || "ready" in document.getElementById("queue").dataset) &&
    (!document.getElementById("item") || !location.hash || "ready" in document.getElementById("item").dataset));
}

/// Unfolds the table of all items below the decision list.
export async function everyItem(page) {
  await page.evaluate(() => { document.getElementById("all-lines").open = true; });
  await settled(page);
}
