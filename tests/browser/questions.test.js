// Ten questions that a buyer asks in the first morning, answered from the pages alone: each answer is read where a person would
// look, and held against the figures of the run.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, report, settled } from "./browser.js";

let browser;
/// The lines of the run, the dearest to leave first.
let lines;
let first;
before(async () => {
  browser = await launch(report, { width: 1280, height: 900 });
  const page = await browser.open("report/recommendations.html");
  lines = await page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => use(OP.rowsOf(t)))));
  lines.sort((a, b) => b.gain - a.gain || a.n - b.n);
  first = lines.find((line) => line.waits && line.quantity > 0);
});
after(async () => { await browser.close(); });

const number = (text) => Number(text.replace(/[^\d.-]/g, ""));
const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1 + 0.005 * Math.abs(b), `${what}: ${a} on the page, ${b} in the run`);
const item = () => browser.open(`report/item.html#sku=${encodeURIComponent(first.sku)}`);
const line = (page) => page.locator(`#queue tr[data-line="${first.recommendation_id}"]`);
const rowsOf = (page, heading) => page.evaluate((heading) => {
  const title = [...document.querySelectorAll("h2, h3")].find((h) => h.textContent.trim() === heading);
  let node = title;
  while (node && !node.querySelector?.("table")) node = node.nextElementSibling;
  return node ? [...node.querySelectorAll("tbody tr")].map((tr) => [...tr.cells].map((td) => td.innerText.trim())) : null;
}, heading);

test("1: what waits for me this morning, and for how much money?", async () => {
  const waiting = lines.filter((line) => line.waits);
  const cost = waiting.reduce((sum, line) => sum + line.value, 0);
  for (const path of ["index.html", "report/recommendations.html"]) {
    const page = await browser.open(path);
    const lead = await page.locator(".lead").innerText();
    const [, count, money] = lead.match(/([\d,]+) order lines?, ([\d,.]+)/) || [];
    assert.equal(number(count), waiting.filter((line) => line.quantity > 0).length || waiting.length, lead);
    near(number(money), cost, path);
  }
});

test("2: why this quantity?", async () => {
  const page = await browser.open("report/recommendations.html");
  const why = await line(page).locator(".why").innerText();
  assert.match(why, /needs|order up to/, why);
  const on = await item();
  const steps = await on.locator(".steps").first().locator("li").allInnerTexts();
  assert.match(steps.at(-1), new RegExp(`^quantity = .* = ${first.quantity.toLocaleString("en-US")} units`), steps.at(-1));
});

test("3: what if I order half, or nothing?", async () => {
  const page = await item();
  const heads = await page.locator('[aria-label="Other quantities"]').first().locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
  const units = heads.map(([quantity]) => (quantity === "nothing" ? 0 : number(quantity)));
  assert.ok(units.includes(0) && units.includes(first.quantity), units.join());
  const half = heads[units.findIndex((n) => n > 0 && n <= 0.75 * first.quantity)];
  const whole = heads[units.indexOf(first.quantity)];
  assert.ok(half, `about half is among ${units.join()}`);
  assert.ok(number(half[1]) < number(whole[1]), "half costs less");
  assert.ok(number(heads[units.indexOf(0)][3]) >= number(half[3]) && number(half[3]) >= number(whole[3]), "and risks more");
});

test("4: what happens if I do not order, and by when must I?", async () => {
  const page = await browser.open("report/recommendations.html");
  const cells = await line(page).locator("td").allInnerTexts();
  const text = cells.join(" | ");
  assert.match(text, /out on \d+ \w+|out of stock now/);
  assert.match(text, /of margin at risk|no loss expected|unknown/);
  assert.match(text, /today|\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/);
});

test("5: what is late, and what do I do about it?", async () => {
  const page = await browser.open("report/suppliers.html");
  const orders = await rowsOf(page, "Orders already placed");
  assert.ok(orders, "the table of placed orders is there");
  const text = await page.locator("main").innerText();
  if (orders.length) assert.match(text, /late|overdue|sooner|expedite|cancel|push/i);
});

test("6: which supplier's order is short of its minimum, and by how much?", async () => {
  const page = await browser.open("report/suppliers.html");
  const rows = await rowsOf(page, "Draft orders");
  // Lines without a supplier, and the total, are no order of anybody.
  const drafts = rows.filter(([supplier]) => !["no supplier known", "All suppliers"].includes(supplier));
  assert.ok(drafts.length > 0 && drafts.every((row) => row.some((cell) => /reached|short of|none/.test(cell))), JSON.stringify(drafts[0]));
});

test("7: what is there of an item, what is on its way, and when does it come?", async () => {
  const page = await item();
  const text = await page.locator("#item").innerText();
  for (const word of ["On hand", "On order", "Open orders", "Lead time"]) assert.ok(text.includes(word), word);
  const facts = await page.locator(".facts div").evaluateAll((all) => all.map((fact) => [fact.querySelector("dt").innerText, fact.querySelector("dd").innerText]));
  const available = facts.find(([name]) => name === "Available");
  assert.equal(number(available[1]), Math.round(first.available));
});

test("8: where is money tied up that does not move?", async () => {
  const page = await browser.open("index.html");
  const panels = await page.locator(".panel").allInnerTexts();
  for (const name of ["Excess", "Dead"]) assert.match(panels.find((panel) => panel.startsWith(name)), /tied up at cost/);
});

test("9: how sure is the forecast?", async () => {
  const page = await browser.open("report/accuracy.html");
  assert.match(await page.locator("main").innerText(), /errors are \d+ % (smaller|larger) than those of repeating the last value/);
  assert.match(await (await item()).locator("#item").innerText(), /80 % of outcomes/);
});

test("10: what did people say that still holds, and until when?", async () => {
  const page = await browser.open("report/changes.html");
  const standing = await rowsOf(page, "What stands");
  assert.ok(standing.length > 0);
  for (const row of standing) assert.ok(row[5] && row[6], `until and by whom: ${row.join(" | ")}`);
});

test("and no page says one thing of a line that another page denies", async () => {
  const page = await item();
  await settled(page);
  const order = await page.locator(".decide strong").first().innerText();
  assert.equal(number(order), first.quantity);
});
