// The report as a planner meets it: opened from disk, read, sorted, filtered, decided on, downloaded.
//
//   npm test                      on what `orderpoint demo` published last
//   REPORT=path/to/run npm test   on another run folder, the one with index.html
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, NARROW, PAGES, report, settled, WIDE } from "./browser.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
before(async () => { browser = await launch(report); });
after(async () => { await browser.close(); });

const quiet = () => assert.deepEqual(browser.faults.splice(0), []);
const shown = (page) => page.locator(".shown").first().textContent();
const cells = (page, field) => page.locator(`.tabulator-row .tabulator-cell[tabulator-field="${field}"]`).allTextContents();
/// Decides row `n` of the table as a planner does: the button becomes a list.
const decide = async (page, n, value) => {
  await page.locator(".deciding").nth(n).click();
  await page.locator(".tabulator-row select").selectOption(value);
};
const downloaded = async (page, press) => {
  const [file] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
};

for (const [size, viewport] of [["1440", WIDE], ["390", NARROW]]) {
  for (const path of PAGES) {
    test(`${path} opens at ${size} pixels without errors, requests or serious accessibility faults`, async () => {
      await browser.page.setViewportSize(viewport);
      const page = await browser.open(path);
      const body = await page.locator("body").innerText();
      assert.match(body, /as of/);
      assert.match(body, new RegExp(await page.evaluate(() => document.body.dataset.run)));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= viewport.width, `the page is ${width} pixels wide`);
      // Evaluated by the debugger protocol: the page's own policy allows no script from elsewhere.
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], preload: false }));
      const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
      assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)} (${v.nodes.length})`), []);
      quiet();
    });
  }
}

test("recommendations are sorted by urgency, then by any column, by mouse and by keyboard", async () => {
  await browser.page.setViewportSize(WIDE);
  const page = await browser.open("report/recommendations.html");
  const ranks = (await cells(page, "urgency")).map(Number);
  assert.ok(ranks.length > 5);
  assert.deepEqual(ranks, ranks.toSorted((a, b) => b - a));
  const title = page.locator(".sort", { hasText: "Order cost" });
  await title.click();
  const money = async () => (await cells(page, "value")).map((v) => Number(v.replaceAll(",", "")));
  let values = await money();
  assert.deepEqual(values, values.toSorted((a, b) => b - a));
  await title.focus();
  await page.keyboard.press("Enter");
  values = await money();
  assert.deepEqual(values, values.toSorted((a, b) => a - b));
  quiet();
});

test("filters and search narrow the table and its CSV, and a saved view brings them back", async () => {
  const page = await browser.open("report/recommendations.html");
  const status = page.getByRole("combobox", { name: "Status" });
  await status.selectOption("order-now");
  await page.waitForFunction(() => !document.querySelector(".tabulator-row .status:not(.order-now)"));
  assert.match(await shown(page), /^\d[\d,]* of /);
  const file = await downloaded(page, () => page.getByRole("button", { name: "CSV of what is shown" }).click());
  assert.equal(file.name, "recommendations.csv");
  const lines = file.text.replace(/^\ufeff/, "").trim().split("\r\n");
  assert.match(lines[0], /^sku,name,(location,)?status,/);
  assert.equal(lines.length - 1, Number((await shown(page)).split(" ")[0].replaceAll(",", "")));
  page.once("dialog", (dialog) => dialog.accept("Mondays"));
  await page.getByRole("button", { name: "Save view" }).click();
  await page.reload();
  await settled(page);
  assert.equal(await status.inputValue(), "");
  await page.getByRole("combobox", { name: "View" }).selectOption("Mondays");
  assert.equal(await status.inputValue(), "order-now");
  quiet();
});

test("a planner approves, edits, rejects and snoozes, and downloads the decisions", async () => {
  const page = await browser.open("report/recommendations.html");
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await settled(page);
  await page.getByLabel("Your name").fill("Ada, \"A\"");
  await decide(page, 0, "approved");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Approved", "the keyboard stays where it was");
  await decide(page, 1, "edited");
  await page.getByLabel(/Units to order/).fill("77");
  await page.getByRole("button", { name: "Keep" }).click();
  await decide(page, 2, "rejected");
  await page.getByRole("button", { name: "Keep" }).click();
  assert.ok(await page.locator("dialog").isVisible(), "a rejection needs its reason");
  await page.getByLabel("Reason", { exact: true }).fill("=too dear");
  await page.getByRole("button", { name: "Keep" }).click();
  await decide(page, 3, "snoozed");
  await page.getByLabel("Stay quiet until").fill("2099-01-31");
  await page.keyboard.press("Enter");
  await page.reload();
  await settled(page);
  const { name, text } = await downloaded(page, () => page.getByRole("button", { name: "Download decisions (4)" }).click());
  assert.equal(name, "decisions.csv");
  const [head, ...rows] = text.trim().split("\r\n");
  assert.equal(head, "recommendation_id,decision,quantity,until,reason,author,time");
  assert.equal(rows.length, 4);
  const one = (decision) => rows.find((row) => row.includes(`,${decision},`));
  assert.match(one("approved"), /^[\w-]+,approved,\d+,,,"Ada, ""A""",\d{4}-\d\d-\d\dT/);
  assert.match(one("edited"), /,edited,77,,/);
  assert.match(one("rejected"), /,rejected,,,'=too dear,/);
  assert.match(one("snoozed"), /,snoozed,,2099-01-31,/);
  await decide(page, 0, "");
  await page.getByRole("button", { name: "Download decisions (3)" }).waitFor();
  quiet();
});

test("an item is found by its name, explains its number and can be decided on", async () => {
  const page = await browser.open("report/recommendations.html");
  const row = page.locator(".tabulator-row").filter({ has: page.locator(".deciding") }).first();
  const sku = await row.locator("a").first().textContent();
  const find = page.getByLabel("Find an item");
  await find.focus();
  await page.waitForFunction(() => document.querySelector('script[src$="data/items.js"]'));
  await find.fill(sku);
  await page.locator("#found option").first().waitFor({ state: "attached" });
  await find.press("Enter");
  await page.waitForURL(/item\.html#\d+$/);
  await settled(page);
  assert.match(await page.locator("h1").innerText(), new RegExp(`^${sku.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`));
  assert.ok(await page.locator(".steps li").count() > 0, "the arithmetic is there");
  assert.ok(await page.locator(".chart > svg").count() >= 2, "demand and projected stock are drawn");
  await page.getByLabel(/^Decision on/).first().selectOption("approved");
  await page.getByRole("button", { name: /Download decisions \([1-9]/ }).first().waitFor();
  quiet();
});

test("counts lead to their lists: a kind of trouble, a paused channel", async () => {
  const page = await browser.open("index.html");
  await page.locator(".notices a").first().click();
  await page.waitForURL(/quality\.html#kind=/);
  await settled(page);
  const kind = new URL(page.url()).hash.slice("#kind=".length);
  assert.equal(await page.getByRole("combobox", { name: "Kind" }).inputValue(), kind);
  await browser.open("report/channels.html");
  const paused = page.locator('a[href*="action=pause"]').first();
  const count = await paused.textContent();
  await paused.click();
  await page.waitForFunction(() => !document.querySelector('[data-table="allocation"] .status:not(.pause)'));
  assert.match(await page.locator('[data-table="allocation"] .shown').textContent(), new RegExp(`^${count} of `));
  quiet();
});

test("the first page and an item page are quick", async () => {
  const page = await browser.open("index.html");
  const first = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
  await browser.open("report/item.html");
  const item = await page.evaluate(async () => {
    const start = performance.now();
    location.hash = "#0";
    while (!("ready" in document.getElementById("item").dataset)) await new Promise((next) => setTimeout(next, 1));
    return performance.now() - start;
  });
  console.log(`first page ${first.toFixed(0)} ms, item page ${item.toFixed(0)} ms`);
  assert.ok(first <= 1000 && item <= 300, `first page ${first} ms, item page ${item} ms`);
  quiet();
});
