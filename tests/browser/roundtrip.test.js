// The program and the browser together: hostile names do no harm; a run -> decide in the browser -> review -> export -> the next
// run proposes nothing twice.
//
//   ORDERPOINT=path/to/orderpoint npm test     (default: the release build)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, PAGES } from "./browser.js";

const target = process.env.CARGO_TARGET_DIR || fileURLToPath(new URL("../../target", import.meta.url));
const program = process.env.ORDERPOINT || join(target, "release", "orderpoint");
const HOSTILE = [
  "<script>alert(1)</script>", "\"quoted\" & 'single'", "\u202eright to left", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "</td><img src=x onerror=alert(1)>",
];

/// A folder with the sample tables, every item of which has a hostile name.
function sample() {
  const folder = mkdtempSync(join(tmpdir(), "orderpoint-round-"));
  execFileSync(program, ["demo", "--data-only", "--out", folder, "--log-format", "off"]);
  const products = join(folder, "data", "products.csv");
  const [head, ...rows] = readFileSync(products, "utf8").trimEnd().split("\n");
  const hostile = rows.map((row, i) => {
    const [, sku, rest] = row.match(/^([^,]*),(?:"(?:[^"]|"")*"|[^,]*),(.*)$/);
    return `${sku},"${HOSTILE[i % HOSTILE.length].replaceAll('"', '""')}",${rest}`;
  });
  writeFileSync(products, [head, ...hostile, ""].join("\n"));
  const options = ["--config", join(folder, "data", "orderpoint.toml"), "--data", join(folder, "data"), "--out", join(folder, "out"), "--models", join(folder, "models"), "--log-format", "off"];
  const call = (...words) => execFileSync(program, [...words, ...options], { encoding: "utf8" });
  return { folder, call, run: join(folder, "out", "current") };
}

const download = async (page, name) => {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return readFileSync(await file.path(), "utf8");
};
const rowsOf = (csv) => csv.replace(/^\ufeff/, "").trimEnd().split(/\r?\n/);

test("hostile names do no harm in pages and CSV", async () => {
  const { folder, call, run } = sample();
  call("run");
  const browser = await launch(realpathSync(run));
  const { page } = browser;
  let dialogs = 0;
  page.on("dialog", (dialog) => { dialogs++; dialog.dismiss(); });
  for (const path of PAGES) {
    await browser.open(path);
    assert.equal(await page.locator("main img, main script").count(), 0, `${path}: an element made of a name`);
    assert.deepEqual(browser.faults.splice(0), []);
  }
  await browser.open("report/recommendations.html");
  assert.match(await page.locator(".tabulator").innerText(), /<script>alert\(1\)<\/script>/);
  for (const row of rowsOf(await download(page, "CSV of what is shown"))) {
    assert.doesNotMatch(row, /(^|,)"?[=+@]/, "a cell that a spreadsheet would run");
  }
  assert.equal(dialogs, 0);
  await browser.close();
  rmSync(folder, { recursive: true });
});

test("decisions made in the browser are ordered once, exported once and not proposed again", async () => {
  const { folder, call, run } = sample();
  call("run");
  const first = realpathSync(run);
  const browser = await launch(first);
  const page = await browser.open("report/recommendations.html");
  await page.getByLabel("Your name").fill("Ada");
  const line = (n) => page.locator(".tabulator-row").nth(n);
  const decided = await line(0).locator("a").first().textContent();
  await line(0).locator("select").selectOption("approved");
  await line(1).locator("select").selectOption("rejected");
  await page.getByLabel("Reason", { exact: true }).fill("too dear");
  await page.getByRole("button", { name: "Keep" }).click();
  const file = join(folder, "decisions.csv");
  writeFileSync(file, await download(page, /^Download decisions/));
  await browser.close();

  const ids = rowsOf(readFileSync(file, "utf8")).slice(1).map((row) => row.split(",")[0]);
  call("review", "--decisions", file);
  const approved = rowsOf(readFileSync(file, "utf8")).find((row) => row.includes(",approved,")).split(",");
  const exported = join(folder, "orders.csv");
  call("export", "--format", "generic", "--file", exported);
  const orders = rowsOf(readFileSync(exported, "utf8"));
  assert.equal(orders.length, 2, "one approved line is one exported line");
  assert.ok(orders[1].includes(approved[0]) && orders[1].includes(decided), orders[1]);

  call("run");
  assert.notEqual(realpathSync(run), first, "the decisions make it another run");
  const again = await launch(realpathSync(run));
  await again.open("report/recommendations.html");
  const open = await again.page.evaluate(() => new Promise((use) => OP.onTable("recommendations", (t) => {
    const column = (key) => t.columns.find((c) => c.key === key);
    const [id, quantity] = [column("recommendation_id"), column("quantity")];
    use(id.values.map((code, i) => [id.words[code], quantity.values[i]]).filter(([, q]) => q > 0).map(([name]) => name));
  })));
  assert.deepEqual(open.filter((id) => ids.includes(id)), [], "what was decided is not proposed again");
  await again.close();
  rmSync(folder, { recursive: true });
});
