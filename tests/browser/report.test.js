// The report as a planner meets it: opened from disk, read, sorted, filtered, decided on, downloaded.
//
//   npm test                      on what `orderpoint demo` published last
//   REPORT=path/to/run npm test   on another run folder, the one with index.html
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { everyItem, ITEM, launch, NARROW, PAGES, report, settled, WIDE } from "./browser.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
before(async () => { browser = await launch(report); });
after(async () => { await browser.close(); });

const quiet = () => assert.deepEqual(browser.faults.splice(0), []);
const table = (page) => page.locator("#all-lines");
const shown = (page) => table(page).locator(".shown").first().textContent();
const cells = (page, field) => page.locator(`.tabulator-row .tabulator-cell[tabulator-field="${field}"]`).allTextContents();
const line = (page, n) => page.locator("#queue tr[data-line]").nth(n);
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

test("blank cells stand last, whichever way a column is sorted", async () => {
  await browser.page.setViewportSize(WIDE);
  const page = await browser.open("report/recommendations.html");
  await everyItem(page);
  const title = page.locator("#all-lines .sort", { hasText: "Stock-out date" });
  for (let times = 0; times < 2; times++) {
    await title.click();
    assert.notEqual((await cells(page, "stockout_date"))[0].trim(), "");
  }
  quiet();
});

test("what runs out next: a card of the briefing leads to as many lines as it counts, and the filter comes off", async () => {
  await browser.page.setViewportSize(WIDE);
  let page = await browser.open("index.html");
  const card = page.locator(".panel", { hasText: "About to stock out" });
  const counted = (await card.locator(".count").textContent()).trim();
  const href = await card.locator("h3 a").getAttribute("href");
  page = await browser.open(href);
  const list = page.locator("section", { has: page.locator("#t-shortages") });
  const says = list.locator(".shown");
  await says.filter({ hasText: "Status: will stock out" }).waitFor();
  assert.ok((await says.textContent()).startsWith(`${counted} of `), await says.textContent());
  await list.getByRole("button", { name: "Show all lines" }).click();
  await says.filter({ hasText: /^(\d+) of \1 lines shown\.$/ }).waitFor();
  quiet();
});

test("recommendations are sorted by urgency, then by any column, by mouse and by keyboard", async () => {
  await browser.page.setViewportSize(WIDE);
  const page = await browser.open("report/recommendations.html");
  await everyItem(page);
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
  await everyItem(page);
  const status = table(page).getByRole("combobox", { name: "Status" });
  await status.selectOption("order-now");
  await page.waitForFunction(() => !document.querySelector(".tabulator-row .status:not(.order-now)"));
  assert.match(await shown(page), /^\d[\d,]* of /);
  const file = await downloaded(page, () => table(page).getByRole("button", { name: "CSV of what is shown" }).click());
  assert.equal(file.name, "recommendations.csv");
  const lines = file.text.replace(/^\ufeff/, "").trim().split("\r\n");
  assert.match(lines[0], /^sku,name,(location,)?status,/);
  assert.equal(lines.length - 1, Number((await shown(page)).split(" ")[0].replaceAll(",", "")));
  page.once("dialog", (dialog) => dialog.accept("Mondays"));
  await page.getByRole("button", { name: "Save view" }).click();
  await page.reload();
  await everyItem(page);
  assert.equal(await status.inputValue(), "");
  await page.getByRole("combobox", { name: "View" }).selectOption("Mondays");
  assert.equal(await status.inputValue(), "order-now");
  quiet();
});

/// The decision list with nothing decided, in the browser's memory as on the page.
const fresh = async () => {
  const page = await browser.open("report/recommendations.html");
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await settled(page);
  return page;
};

test("the decision list has at most nine columns, the dearest to leave first, and fits 1280 pixels", async () => {
  await browser.page.setViewportSize({ width: 1280, height: 900 });
  const page = await fresh();
  assert.ok(await page.locator("#queue thead th").count() <= 9);
  const { inside, outside } = await page.evaluate(() => {
    const box = document.querySelector("#queue .scroll");
    return { inside: box.scrollWidth, outside: box.clientWidth };
  });
  assert.ok(inside <= outside, `the list is ${inside} pixels wide in ${outside}`);
  const gains = await page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => {
    const of = new Map(OP.rowsOf(t).map((row) => [row.recommendation_id, row.gain]));
    use([...document.querySelectorAll("#queue tr[data-line]")].map((tr) => of.get(tr.dataset.line)));
  })));
  assert.ok(gains.length > 5 && gains.length <= 50);
  assert.deepEqual(gains, gains.toSorted((a, b) => b - a));
  quiet();
});

test("a planner approves, edits, rejects and snoozes where the line stands, and downloads the decisions", async () => {
  await browser.page.setViewportSize(WIDE);
  const page = await fresh();
  await page.getByLabel("Your name").fill("Ada, \"A\"");
  const packs = await line(page, 1).getByLabel(/^Units of/).getAttribute("step");
  const proposed = await line(page, 1).getByLabel(/^Units of/).inputValue();
  await line(page, 0).getByRole("button", { name: /^Approve/ }).click();
  const second = await line(page, 1).getAttribute("data-line");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.line), second, "the next line waits");
  const wish = String(Number(proposed) + Number(packs));
  await line(page, 1).getByLabel(/^Units of/).fill(wish);
  await page.keyboard.press("Enter");
  await line(page, 2).getByRole("button", { name: /^Reject/ }).click();
  await page.getByRole("button", { name: "Keep" }).click();
  assert.ok(await page.locator("dialog").isVisible(), "a rejection needs its reason");
  await page.getByLabel("Reason", { exact: true }).fill("=too dear");
  await page.getByRole("button", { name: "Keep" }).click();
  await line(page, 3).getByRole("button", { name: /^Snooze/ }).click();
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
  assert.ok(one("edited").includes(`,edited,${wish},,`), one("edited"));
  assert.match(one("rejected"), /,rejected,,,'=too dear,/);
  assert.match(one("snoozed"), /,snoozed,,2099-01-31,/);
  await line(page, 0).getByRole("button", { name: /^Undo/ }).click();
  await page.getByRole("button", { name: "Download decisions (3)" }).waitFor();
  quiet();
});

test("a quantity that the supplier would not take is refused as it is typed", async () => {
  const page = await fresh();
  const packed = await page.evaluate(() => [...document.querySelectorAll("#queue tr[data-line]")].findIndex((tr) => Number(tr.querySelector("input").step) > 1));
  const box = line(page, packed).getByLabel(/^Units of/);
  const cost = await line(page, packed).locator(".cost").textContent();
  await box.fill(String(Number(await box.inputValue()) + 1));
  assert.equal(await box.getAttribute("aria-invalid"), "true");
  assert.match(await line(page, packed).locator(".quantity .note").textContent(), /^Packs of \d+: \d+ or \d+\.$/);
  await page.keyboard.press("Enter");
  assert.equal(await page.getByRole("button", { name: /^Download decisions/ }).textContent(), "Download decisions (0)");
  await box.fill(String(2 * Number(await box.getAttribute("value"))));
  assert.equal(await box.getAttribute("aria-invalid"), "false");
  assert.notEqual(await line(page, packed).locator(".cost").textContent(), cost, "the cost moves with the quantity");
  // A step further than proposed: how long it lasts and what is risked, from the run's own arithmetic.
  await box.fill(String(Number(await box.getAttribute("value")) + Number(await box.getAttribute("step"))));
  await page.waitForFunction((n) => /lasts until .*risk/.test(document.querySelectorAll("#queue tr[data-line]")[n].textContent), packed);
  quiet();
});

test("all lines are decided by keyboard alone, in at most four keystrokes a line", async () => {
  const page = await fresh();
  const count = await page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => use(OP.rowsOf(t).filter((row) => row.waits).length))));
  const decided = () => page.getByRole("button", { name: /^Download decisions/ }).textContent();
  let strokes = 0;
  const press = async (key) => { strokes++; await page.keyboard.press(key); };
  await line(page, 0).focus();
  for (let n = 0; n < 4 * count && (await decided()) !== `Download decisions (${count})`; n++) {
    await press("a");
    if (await page.evaluate(() => document.activeElement.closest("tr.decided"))) {
      // The page is through: more lines wait below.
      const more = page.getByRole("button", { name: /^Show \d+ more/ });
      if (await more.count()) { await more.focus(); await press("Enter"); await page.locator("#queue tr[data-line]:not(.decided)").first().focus(); }
    }
  }
  assert.equal(await decided(), `Download decisions (${count})`);
  assert.ok(strokes <= 4 * count, `${strokes} keystrokes for ${count} lines`);
  const { text } = await downloaded(page, async () => { await page.getByRole("button", { name: /^Download decisions/ }).focus(); await page.keyboard.press("Enter"); });
  assert.equal(text.trim().split("\r\n").length, count + 1);
  quiet();
});

test("decisions of last night that never left the browser are offered, and taken over", async () => {
  const page = await fresh();
  await line(page, 0).getByRole("button", { name: /^Approve/ }).click();
  const id = await line(page, 0).getAttribute("data-line");
  // The same browser the next morning: tonight's run has another id.
  await page.evaluate(() => {
    const [key] = Object.keys(localStorage).filter((k) => k.startsWith("orderpoint.decisions."));
    localStorage.setItem("orderpoint.decisions.2026-03-01-aaaaaaaaaaaa", localStorage.getItem(key));
    localStorage.removeItem(key);
  });
  await page.reload();
  await settled(page);
  assert.match(await page.locator("#queue .notice").textContent(), /1 decision on run 2026-03-01-aaaaaaaaaaaa never left this browser/);
  await page.getByRole("button", { name: "Take over the 1 that still wait" }).click();
  assert.equal(await page.locator("#queue .notice").count(), 0);
  assert.match(await page.locator(`#queue tr[data-line="${id}"]`).textContent(), /Approved/);
  quiet();
});

test("decisions are written to a chosen folder, and every further one, too", async () => {
  const page = await fresh();
  // A folder that only remembers: the browser's own dialog is for people.
  await page.evaluate(() => {
    window.files = {};
    const file = (name) => ({ createWritable: async () => ({ write: async (text) => { window.files[name] = text; }, close: async () => {} }) });
    window.showDirectoryPicker = async () => ({ name: "morning", getFileHandle: async (name) => file(name) });
  });
  await page.getByLabel("Your name").fill("Ada");
  await line(page, 0).getByRole("button", { name: /^Approve/ }).click();
  await page.getByRole("button", { name: "Write to a folder ..." }).click();
  const written = () => page.evaluate(() => Object.entries(window.files));
  const run = await page.evaluate(() => document.body.dataset.run);
  assert.equal((await written())[0][0], `decisions-${run}.csv`);
  assert.equal((await written())[0][1].trim().split("\r\n").length, 2);
  await line(page, 1).getByRole("button", { name: /^Approve/ }).click();
  await page.waitForFunction(() => Object.values(window.files)[0].trim().split("\r\n").length === 3);
  await page.getByText("2 decisions written to morning/").first().waitFor();
  // What has left the browser is not offered again the next morning.
  assert.deepEqual(await page.evaluate(() => OP.leftBehind()), []);
  quiet();
});

test("an order lacks to its minimum on the workbench what the suppliers page says, in one currency", async () => {
  const suppliers = await browser.open("report/suppliers.html");
  const drafts = await suppliers.evaluate(() => [...document.querySelector("#draft-orders").closest("section").querySelectorAll("tbody tr")]
    // Lines without a supplier, and the total, are no order of anybody.
    .filter((tr) => tr.cells[0].querySelector("a")).map((tr) => ({
    link: tr.cells[0].querySelector("a").getAttribute("href"), lacks: tr.cells[8].innerText,
  })));
  assert.ok(drafts.length > 0);
  const number = (text) => Number(text.replace(/[^\d.]/g, ""));
  for (const { link, lacks } of drafts) {
    const page = await browser.open(`report/${link}`);
    const benches = await page.locator(".bench").allInnerTexts();
    assert.equal(benches.length, 1, link);
    const [, money] = benches[0].match(/Least order value [\d,.]+[^:]*: ([\d,.]+)[^.]* lacking/) || [];
    if (/short of/.test(lacks)) assert.ok(Math.abs(number(money) - number(lacks.split(" short")[0])) <= 1, `${link}: ${money} and ${lacks}`);
    else assert.equal(money, undefined, `${link}: ${lacks}`);
  }
  quiet();
});

test("an order is approved as a whole, with what its minimum lacks, and an item added", async () => {
  const page = await fresh();
  await page.getByRole("combobox", { name: "Order" }).selectOption("supplier");
  const bench = page.locator(".bench").first();
  const lines = await bench.locator("tr[data-line]").count();
  const all = bench.getByRole("button", { name: /^Approve the/ });
  // New items wait beside them with nothing to order yet: those are released one by one.
  const open = Number((await all.textContent()).match(/\d+/)[0]);
  assert.ok(open > 0 && open <= lines);
  await all.click();
  assert.equal(await bench.locator("tr.decided").count(), open);
  assert.ok(await page.locator(".bench", { hasText: /lacking|reached/ }).count() > 0, "suppliers of the sample ask for a least order");
  await bench.getByText("Add an item to this order").click();
  await bench.getByRole("button", { name: "Add" }).first().click();
  assert.equal(await page.locator(".bench").first().locator("tr[data-line]").count(), lines + 1);
  quiet();
});

test("an item is found by its name, explains its number and can be decided on", async () => {
  const page = await browser.open("report/recommendations.html");
  const sku = await line(page, 0).locator("a").first().textContent();
  const find = page.getByLabel("Find an item");
  await find.focus();
  await page.waitForFunction(() => document.querySelector('script[src$="data/items.js"]'));
  await find.fill(sku);
  await page.locator("#found option").first().waitFor({ state: "attached" });
  await find.press("Enter");
  await page.waitForURL(/item\.html#sku=/);
  await settled(page);
  assert.match(await page.locator("h1").innerText(), new RegExp(`^${sku.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`));
  assert.ok(await page.locator(".steps li").count() > 0, "the arithmetic is there");
  assert.ok(await page.locator(".chart > svg").count() >= 2, "demand and projected stock are drawn");
  await page.getByLabel(/^Decision on/).first().selectOption("approved");
  await page.getByRole("button", { name: /Download decisions \([1-9]/ }).first().waitFor();
  quiet();
});

test("an item's page is found by its code, however the code is written behind the address", async () => {
  const code = decodeURIComponent(ITEM.split("#sku=")[1]);
  for (const hash of [code, `sku=${encodeURIComponent(code.toLowerCase())}`, `${code}&location=nowhere`]) {
    const page = await browser.open(`report/item.html#${hash}`);
    assert.match(await page.locator("h1").innerText(), new RegExp(`^${code} - `), hash);
  }
  await browser.page.goto("about:blank");
  quiet();
});

test("counts lead to their lists: a kind of trouble, a paused channel", async () => {
  const page = await browser.open("index.html");
  await page.locator('.notices a[href*="#kind="]').first().click();
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
  const item = await page.evaluate(async (hash) => {
    const start = performance.now();
    location.hash = hash;
    while (!("ready" in document.getElementById("item").dataset)) await new Promise((next) => setTimeout(next, 1));
    return performance.now() - start;
  }, ITEM.split("#")[1]);
  console.log(`first page ${first.toFixed(0)} ms, item page ${item.toFixed(0)} ms`);
  assert.ok(first <= 1000 && item <= 300, `first page ${first} ms, item page ${item} ms`);
  quiet();
});

test("a rejection that stands is taken back where it is listed, and the file says so", async () => {
  await browser.page.setViewportSize(WIDE);
  const page = await browser.open("report/changes.html");
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  const buttons = page.locator(".take-back");
  if (await buttons.count() === 0) return; // nobody has rejected anything in this run
  await page.getByLabel("Your name").fill("Ada");
  const line = await buttons.first().getAttribute("data-line");
  await buttons.first().click();
  assert.match(await buttons.first().textContent(), /Taken back/);
  const { text } = await downloaded(page, () => page.getByRole("button", { name: /^Download decisions/ }).click());
  assert.match(text, new RegExp(`^${line},reopened,,,,Ada,`, "m"));
  await buttons.first().click();
  assert.equal(await buttons.first().textContent(), "Take back");
  quiet();
});

/// Upright A4 within margins of a centimetre, in pixels of 1/96 inch.
const PAPER = { width: 718, height: 1047 };

test("on paper everything is there: light, within the sheet, heads repeated, no chart over another", async () => {
  for (const path of PAGES) {
    // Drawn for a wide screen, as it is when someone prints; dark, as at night.
    await browser.page.emulateMedia({ colorScheme: "dark" });
    await browser.page.setViewportSize({ width: 1920, height: 1080 });
    const page = await browser.open(path);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.setViewportSize(PAPER);
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    const found = await page.evaluate((width) => {
      const seen = (node) => node.getClientRects().length > 0;
      const charts = [...document.querySelectorAll(".chart > svg, figure svg, td svg")].filter(seen);
      const boxes = charts.map((chart) => chart.getBoundingClientRect());
      const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      return {
        charts: charts.length,
        overlapping: boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => !apart(a, b))).length,
        beyond: [...document.querySelectorAll("table, p, svg, svg text")].filter((node) => seen(node) && node.getBoundingClientRect().right > width + 0.5).map((node) => node.outerHTML.slice(0, 120)),
        headless: [...document.querySelectorAll("thead")].filter((head) => seen(head) && getComputedStyle(head).display !== "table-header-group").length,
        ground: getComputedStyle(document.body).backgroundColor,
      };
    }, PAPER.width);
    assert.deepEqual(found, { ...found, overlapping: 0, beyond: [], headless: 0, ground: "rgb(255, 255, 255)" }, path);
    if (path === ITEM) assert.ok(found.charts >= 2, `${found.charts} charts`);
    await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
    await page.emulateMedia({ media: "screen", colorScheme: "light" });
    quiet();
  }
});

test("a printed list has every line that waits, not the first of them", async () => {
  const page = await fresh();
  const waits = await page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => use(OP.rowsOf(t).filter((row) => row.waits).length))));
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("#queue tr[data-line]").count(), Math.min(waits, 500));
  quiet();
});

test("dates in sentences are written as everywhere on the pages", async () => {
  for (const path of PAGES) {
    const page = await browser.open(path);
    const found = await page.evaluate(() => {
      const text = document.querySelector("main").innerText.replaceAll(document.body.dataset.run, "");
      return text.match(/(?<![\w./-])\d{4}-\d\d-\d\d(?![\w/-])/g) || [];
    });
    // What stood in a rejected cell stays as it was written, and a format to write is no date.
    if (!path.includes("quality")) assert.deepEqual(found, [], path);
  }
});
