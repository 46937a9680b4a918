// What the report of a run costs in the browser, against what was promised:
//
//   REPORT=path/to/run npm run measure
//
// Prints a line a figure with its limit. Times are those of this machine: run it when nothing else does.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { everyItem, launch, report } from "./browser.js";

const MB = 1e6;
const lines = [];
const told = (name, value, unit, limit) => lines.push([name, value, unit, limit]);
const middle = (values, share = 0.5) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];

const weight = (path) => {
  const stat = statSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + weight(join(path, name)), 0) : stat.size;
};
const timings = JSON.parse(readFileSync(join(report, "timings.json"), "utf8"));
told("report, tables and drafts made in", timings.files, "s", 3);
told("report on disk", (weight(join(report, "index.html")) + weight(join(report, "report"))) / MB, "MB", 60);
told("first page with its style and script", ["index.html", "report/assets/app.css", "report/assets/app.js"].reduce((sum, file) => sum + weight(join(report, file)), 0) / MB, "MB", 2);

const browser = await launch(report);
const navigation = (page, key) => page.evaluate((key) => performance.getEntriesByType("navigation")[0][key], key);
const first = [];
for (let i = 0; i < 5; i++) first.push(await navigation(await browser.open("index.html"), "loadEventEnd"));
told("first page to be used after", middle(first), "ms", 1000);

/// Spread over all items, so that every one comes from a script of its own.
const items = await browser.open("report/item.html");
await items.evaluate(() => OP.load("data/items.js"));
const count = await items.evaluate(() => new Promise((use) => OP.onTable("items", (t) => use(t.rows))));
const opened = await items.evaluate(async (count) => {
  const times = [];
  const item = document.getElementById("item");
  const codes = await new Promise((use) => OP.onTable("items", (t) => use(OP.rowsOf(t).map((row) => row.sku))));
  for (let i = 0; i < 25; i++) {
    delete item.dataset.ready;
    const start = performance.now();
    location.hash = `#sku=${encodeURIComponent(codes[Math.floor((i * count) / 25)])}`;
    while (!("ready" in item.dataset)) await new Promise((next) => setTimeout(next));
    item.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times;
}, count);
told("item page, middle of 25", middle(opened), "ms", 300);
told("item page, slowest of 25", Math.max(...opened), "ms", 300);

const page = await browser.open("report/recommendations.html");
told("recommendation lines", await page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => use(t.rows)))), "", undefined);
told("decision list to be used after", await page.evaluate(() => performance.now()), "ms", 1000);
/// Until what `act` does is painted.
const painted = (act) => page.evaluate(async (act) => {
  const start = performance.now();
  new Function(act)();
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  return performance.now() - start;
}, act);
const choose = (value) => painted(`const select = document.querySelectorAll("#queue select")[1]; select.selectedIndex = ${value}; select.dispatchEvent(new Event("change"));`);
told("filter the list by supplier", await choose(1), "ms", 1000);
told("and back", await choose(0), "ms", 1000);
told("the list by supplier", await painted('const view = document.querySelector("#queue select"); view.value = "supplier"; view.dispatchEvent(new Event("change"));'), "ms", 1000);
await painted('const view = document.querySelector("#queue select"); view.value = "worth"; view.dispatchEvent(new Event("change"));');
told("decide a line", await painted('document.querySelector("#queue tr[data-line]:not(.decided) .primary").click();'), "ms", 1000);
told("decide fifty lines at once", await painted('window.confirm = () => true; [...document.querySelectorAll("#queue .bar button")].find((button) => button.textContent === "Approve all shown").click();'), "ms", 1000);
await everyItem(page);
const sorts = [];
for (const title of ["Order cost", "Name", "Status", "Stock-out date", "Days of cover"]) {
  sorts.push(await page.evaluate(async (title) => {
    const button = [...document.querySelectorAll(".sort")].find((b) => b.textContent === title);
    const start = performance.now();
    button.click();
    await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
    return performance.now() - start;
  }, title));
}
told("sort a column, middle of 5", middle(sorts), "ms", 500);
told("sort a column, slowest of 5", Math.max(...sorts), "ms", 500);
told("search for a word", await page.evaluate(async () => {
  const search = document.querySelector("#all-lines .bar input[type=search]");
  const start = performance.now();
  search.value = "1";
  search.dispatchEvent(new Event("input"));
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const time = performance.now() - start;
  search.value = "";
  search.dispatchEvent(new Event("input"));
  return time;
}), "ms", 500);
/// Work of the page's thread while a planner turns the wheel: 60 steps of 120 pixels, one a frame. A screen refreshes every 17 ms.
const scrolled = async (path) => {
  const page = await browser.open(path);
  if (await page.locator("#all-lines").count()) await everyItem(page);
  const inspect = await page.context().newCDPSession(page);
  await inspect.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async () => (await inspect.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value;
  const before = await worked();
  const rows = await page.evaluate(async () => {
    const tables = [...document.querySelectorAll("[data-table]")];
    const holder = tables.at(-1).querySelector(".tabulator-tableholder");
    for (let i = 0; i < 60; i++) {
      holder.scrollTop += 120;
      await new Promise((next) => requestAnimationFrame(next));
    }
    return new Promise((use) => OP.onTable(tables.at(-1).dataset.table, (t) => use(t.rows)));
  });
  return { rows, each: ((await worked()) - before) * 1000 / 60 };
};
for (const path of ["report/recommendations.html", "report/channels.html"]) {
  const { rows, each } = await scrolled(path);
  told(`scrolling ${rows} rows, work a frame`, each, "ms", 17);
}
await browser.close();

for (const [name, value, unit, limit] of lines) {
  const figure = value === undefined ? "unknown" : `${value.toFixed(value < 10 && unit ? 2 : 0)} ${unit}`;
  const verdict = limit === undefined || value === undefined ? "" : value <= limit ? `within ${limit} ${unit}` : `OVER ${limit} ${unit}`;
  console.log(`${name.padEnd(40)} ${figure.padStart(12)}  ${verdict}`);
}
