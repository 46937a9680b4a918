// The pictures of the README: taken from the run under test, so that they show what the pages are.
//
//   npm test                 takes them into a folder of its own and looks at what is on them
//   npm run pictures         the same, and keeps them in pictures/
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, report } from "./browser.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = process.env.CARGO_TARGET_DIR || here("../../target");
const program = process.env.ORDERPOINT || join(target, "release", "orderpoint");
const SIZE = { width: 1440, height: 900 };
const KEEP = process.env.PICTURES === "keep";
const readme = readFileSync(here("../../README.md"), "utf8");
const taken = new Set();
let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "orderpoint-pictures-")); });
after(() => { rmSync(folder, { recursive: true, force: true }); });

/// Width and height of a PNG, which stand in its first chunk.
const sizeOf = (file) => {
  const bytes = readFileSync(file);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
};
/// Takes the page as it stands and checks the README's picture of that name.
const take = async (page, name) => {
  const path = KEEP ? here(`pictures/${name}.png`) : join(folder, `${name}.png`);
  await page.screenshot({ path });
  taken.add(name);
  assert.ok(readme.includes(`(tests/browser/pictures/${name}.png)`), `README shows ${name}`);
  assert.deepEqual(sizeOf(here(`pictures/${name}.png`)), SIZE, `${name}: the picture in the README has another size: npm run pictures`);
};

test("the briefing, the decision list and an item", async () => {
  const browser = await launch(report, SIZE);
  try {
    await take(await browser.open("index.html"), "briefing");
    const page = await browser.open("report/recommendations.html");
    assert.ok(await page.locator("#queue tr[data-line]").first().isVisible());
    await take(page, "decisions");
    await page.locator("#queue tbody a").first().click();
    await page.waitForFunction(() => "ready" in (document.getElementById("item")?.dataset || {}));
    // What was sold and what is to come, with the arithmetic below.
    await page.evaluate(() => document.querySelector("#item .pair").scrollIntoView());
    await take(page, "item");
  } finally {
    await browser.close();
  }
});

test("who feeds whom, in a network", async () => {
  const out = join(folder, "network");
  execFileSync(program, ["demo", "--network", "--out", out, "--log-format", "off"]);
  const browser = await launch(realpathSync(join(out, "current")), SIZE);
  try {
    const page = await browser.open("report/suppliers.html");
    await page.evaluate(() => document.getElementById("who-feeds-whom").scrollIntoView());
    await take(page, "network");
  } finally {
    await browser.close();
  }
});

test("no picture of the README is of another day", () => {
  const shown = [...readme.matchAll(/\(tests\/browser\/pictures\/([\w-]+)\.png\)/g)].map(([, name]) => name);
  assert.deepEqual(shown.toSorted(), [...taken].sort());
});
