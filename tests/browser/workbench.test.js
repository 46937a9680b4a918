// The supplier's order as one thing: its total, its minimum and its containers move while a quantity is typed; what is held is let
// go; every edit is checked, wherever it is made.
//
//   ORDERPOINT=path/to/orderpoint npm test     (default: the release build)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.js";

const target = process.env.CARGO_TARGET_DIR || fileURLToPath(new URL("../../target", import.meta.url));
const program = process.env.ORDERPOINT || join(target, "release", "orderpoint");

let folder;
let browser;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "orderpoint-bench-"));
  execFileSync(program, ["demo", "--data-only", "--out", folder, "--log-format", "off"]);
  const config = join(folder, "data", "orderpoint.toml");
  appendFileSync(config, "\n[purchase.containers.kanto]\nweight = 160.0\nvolume = 1.2\n");
  // An item that is new is not ordered until somebody says so.
  const products = join(folder, "data", "products.csv");
  const rows = readFileSync(products, "utf8").split("\n");
  writeFileSync(products, rows.map((row) => (row.startsWith("BRW-0019,") ? row.replace(",active,", ",new,") : row)).join("\n"));
  execFileSync(program, ["run", "--config", config, "--data", join(folder, "data"), "--out", join(folder, "out"), "--models", join(folder, "models"), "--log-format", "off"], { stdio: "ignore" });
  browser = await launch(realpathSync(join(folder, "out", "current")), { width: 1280, height: 900 });
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const fresh = async (path) => {
  const page = await browser.open(path);
  await page.evaluate(() => localStorage.clear());
  return browser.open(path);
};
const recommendations = (page) => page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => use(OP.rowsOf(t)))));
const number = (text) => Number(text.replaceAll(",", ""));

test("an order's total and its containers move as a quantity is typed, and go back with Escape", async () => {
  const page = await fresh("report/recommendations.html#view=supplier&supplier=Kanto%20Ceramics%20Trading&location=warehouse");
  const bench = page.locator(".bench").first();
  const fill = bench.locator(".container");
  const before = await fill.textContent();
  const [, containers, weight, holds] = before.match(/^(\d+) containers?: weight ([\d,.]+) of ([\d,.]+) \([\d.]+ %\), volume [\d,.]+ of [\d,.]+ \([\d.]+ %\)/) || [];
  assert.ok(number(weight) > 0 && number(weight) <= number(holds), before);
  assert.equal(number(holds), 160 * Number(containers), before);
  // By the run's own figures: units ordered by what one weighs.
  const lines = (await recommendations(page)).filter((row) => row.supplier === "Kanto Ceramics Trading" && row.location === "warehouse" && row.waits);
  const expected = lines.reduce((sum, row) => sum + row.quantity * row.unit_weight, 0);
  assert.ok(Math.abs(number(weight) - expected) < 0.1, `${weight} of ${expected}`);
  const row = bench.locator("tr[data-line]").first();
  const of = lines.find((line) => line.sku && row && line.quantity > 0);
  const box = bench.locator(`tr[data-line="${of.recommendation_id}"] input`);
  const total = await bench.locator("p strong").first().textContent();
  await box.fill(String(of.quantity + 2 * of.pack));
  assert.notEqual(await bench.locator("p strong").first().textContent(), total, "the total moves before anything is decided");
  const [, now] = (await fill.textContent()).match(/weight ([\d,.]+) of/);
  assert.ok(Math.abs(number(now) - (expected + 2 * of.pack * of.unit_weight)) < 0.1, `${now} after two packs more`);
  assert.match(await bench.locator(`tr[data-line="${of.recommendation_id}"] .quantity .note`).textContent(), /the order of Kanto Ceramics Trading: [\d,]+ EUR/);
  await box.press("Escape");
  assert.equal(await bench.locator("p strong").first().textContent(), total);
  assert.equal(await fill.textContent(), before);
  // Suppliers without containers say nothing of any.
  await browser.open("report/recommendations.html#view=supplier&supplier=Harbour%20Roastery");
  assert.equal(await page.locator(".bench").count() > 0 && await page.locator(".bench .container").count(), 0);
  assert.deepEqual(browser.faults.splice(0), []);
});

test("filters hide lines of an order, not their share in its minimum", async () => {
  const page = await fresh("report/recommendations.html#view=supplier&supplier=Kanto%20Ceramics%20Trading&location=warehouse");
  const head = page.locator(".bench p").first();
  const whole = await head.locator("strong").textContent();
  const sku = await page.locator(".bench tr[data-line] a").first().textContent();
  await page.getByLabel("Search").fill(sku);
  assert.equal(await page.locator(".bench tr[data-line]").count(), 1);
  assert.equal(await head.locator("strong").textContent(), whole);
  assert.match(await head.textContent(), /hidden by the filters/);
});

test("a held item is let go with what it needs, in the list and on its page", async () => {
  const page = await fresh("report/recommendations.html");
  const waiting = (await recommendations(page)).filter((row) => row.waits);
  const alone = (row) => waiting.filter((other) => other.sku === row.sku && other.location === row.location).length === 1;
  const held = waiting.find((row) => row.quantity === 0 && alone(row));
  assert.ok(held && held.need > 0, "the new item waits");
  assert.ok(held.released >= held.need && held.released % held.pack === 0, `${held.released} for ${held.need}`);
  await browser.open(`report/recommendations.html#search=${held.sku}`);
  const box = page.locator(`tr[data-line="${held.recommendation_id}"] input`);
  assert.equal(Number(await box.inputValue()), held.released);
  await browser.open(`report/item.html#sku=${held.sku}&location=${held.location}`);
  const place = page.locator(".decide", { hasText: "Held:" }).first();
  await place.getByLabel(/^Decision on/).selectOption("approved");
  const [made] = await page.evaluate(() => Object.values(OP.decisions()));
  assert.equal(made.decision, "edited");
  assert.equal(made.sku, held.sku);
  assert.ok(made.quantity >= waiting.find((row) => row.sku === held.sku && row.location === made.location && row.quantity === 0).need);
});

test("an edit on the item's page is checked as in the list, and says what it would mean", async () => {
  const page = await fresh("report/recommendations.html");
  const packed = (await recommendations(page)).find((row) => row.sku === "BEA-0001" && row.location === "warehouse");
  assert.ok(packed.quantity > 0 && packed.pack > 1);
  await browser.open(`report/item.html#sku=${packed.sku}&location=${packed.location}`);
  await page.locator(`#item .decide`).first().getByLabel(/^Decision on/).selectOption("edited");
  const box = page.locator("dialog input[type=number]");
  await box.fill(String(Number(await box.inputValue()) + 1));
  assert.match(await page.locator("dialog .note").textContent(), /^Packs of \d+|^At (least|most)/);
  await page.getByRole("button", { name: "Keep" }).click();
  assert.ok(await page.locator("dialog").isVisible(), "no pack, no decision");
  await box.fill(await box.getAttribute("min"));
  await box.fill(String(packed.quantity + packed.pack));
  await page.locator("dialog .note", { hasText: /lasts until/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("dialog").waitFor({ state: "detached" });
});

test("all that was decided here is taken back at once", async () => {
  const page = await fresh("report/recommendations.html");
  for (let n = 0; n < 3; n++) await page.locator("tr[data-line]:not(.decided) .primary").first().click();
  await page.getByRole("button", { name: "Download decisions (3)" }).waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Undo all" }).click();
  await page.getByRole("button", { name: "Download decisions (0)" }).waitFor();
  assert.equal(await page.locator("tr.decided").count(), 0);
});

test("after deciding the page says what there is of each order, what it lacks, and what comes next", async () => {
  const page = await fresh("report/recommendations.html");
  assert.equal(await page.locator(".finish").isVisible(), false);
  const rows = await recommendations(page);
  const small = rows.filter((row) => row.waits && row.quantity > 0 && row.supplier === "Kanto Ceramics Trading" && row.location === "warehouse").sort((a, b) => a.value - b.value)[0];
  await browser.open(`report/recommendations.html#search=${small.sku}`);
  const line = page.locator(`tr[data-line="${small.recommendation_id}"]`);
  await line.getByRole("button", { name: /^Approve/ }).click();
  await page.locator(".finish summary").click();
  const text = await page.locator(".finish").innerText();
  assert.match(text, /Kanto Ceramics Trading, for warehouse: 1 line, [\d.,]+ EUR, [\d,.]+ EUR below the least order value/);
  assert.match(text, /orderpoint review --decisions decisions\.csv\s+orderpoint export/);
  assert.match(await page.locator(".bar").first().innerText(), /Without your name nobody knows who decided/);
  const { href } = await page.locator(".finish a").first().evaluate((a) => ({ href: a.href }));
  assert.ok(readFileSync(fileURLToPath(href)).length > 1000, "the draft orders are there");
});

test("a quantity that is no pack moves no total; a snooze beyond the last day to order says so; a rejection shows why and until when", async () => {
  const page = await fresh("report/recommendations.html#view=supplier&supplier=Kanto%20Ceramics%20Trading&location=warehouse");
  const total = () => page.locator(".bench p strong").first().textContent();
  const before = await total();
  const packed = page.locator(".bench tr[data-line] input").first();
  await packed.fill(String(Number(await packed.inputValue()) + 1));
  assert.equal(await packed.getAttribute("aria-invalid"), "true");
  assert.equal(await total(), before);
  await packed.press("Escape");
  const line = page.locator(".bench tr[data-line]").first();
  await line.getByRole("button", { name: /^Snooze/ }).click();
  await page.getByLabel("Stay quiet until").fill("2026-08-01");
  assert.match(await page.locator("dialog").innerText(), /the last day an order still comes in time/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await line.getByRole("button", { name: /^Reject/ }).click();
  await page.getByLabel("Reason", { exact: true }).fill("no room");
  await page.getByRole("button", { name: "Keep" }).click();
  assert.match(await page.locator(".bench tr.decided strong.made").first().textContent(), /^Rejected until 1 Apr: no room$/);
});

test("what is added to an order says its price and what is still lacking; what is to be cleared is not offered", async () => {
  const page = await fresh("report/recommendations.html#view=supplier");
  const cleared = (await recommendations(page)).filter((row) => row.cleared);
  assert.ok(cleared.length > 0, "the sample has a cull list");
  const summaries = page.locator(".bench summary");
  for (let n = 0; n < await summaries.count(); n++) await summaries.nth(n).click();
  const offered = await page.locator(".bench details li").allInnerTexts();
  assert.ok(offered.length > 0 && offered.every((text) => /each, [\d.,]+ EUR; the order then|cost unknown/.test(text)), offered[0]);
  const places = await page.locator(".bench details li a").allTextContents();
  const only = cleared.filter((row) => cleared.filter((other) => other.sku === row.sku).length === 2);
  assert.ok(only.every((row) => !places.includes(row.sku)), places.join());
});
