// `orderpoint serve` and two browsers: what one decides is kept at once and seen by the other; a newer run is told, and what was
// not sent is offered there.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { settled } from "./browser.js";

const target = process.env.CARGO_TARGET_DIR || fileURLToPath(new URL("../../target", import.meta.url));
const program = process.env.ORDERPOINT || join(target, "release", "orderpoint");
/// Longer than the pages wait before they ask the server again.
const SOON = 15_000;

function shop() {
  const folder = mkdtempSync(join(tmpdir(), "orderpoint-serve-"));
  execFileSync(program, ["demo", "--data-only", "--skus", "24", "--out", folder, "--log-format", "off"]);
  const options = ["--config", "data/orderpoint.toml", "--data", "data", "--out", "out", "--models", "models", "--log-format", "off"];
  const call = (...words) => execFileSync(program, [...words, ...options], { encoding: "utf8", cwd: folder });
  const serve = (...more) => new Promise((use, fail) => {
    const server = spawn(program, ["serve", "--listen", "127.0.0.1:0", ...more, ...options], { cwd: folder });
    server.once("error", fail);
    let said = "";
    server.stdout.on("data", (text) => {
      said += text;
      if (said.includes("Ctrl-C")) use({ server, addresses: said.match(/http:\/\/\S+/g) });
    });
  });
  return { folder, call, serve };
}

async function person(t, address) {
  const profile = mkdtempSync(join(tmpdir(), "orderpoint-person-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
  t.after(async () => {
    await context.close().catch(() => {});
    rmSync(profile, { recursive: true, force: true });
  });
  const page = context.pages()[0];
  await page.goto(address);
  const run = page.url().match(/runs\/([^/]+)\//)[1];
  await page.goto(page.url().replace("index.html", "report/recommendations.html"));
  await settled(page);
  return { page, run };
}

const open = (page) => page.locator("#queue tr[data-line]").evaluateAll((rows) => rows.map((row) => row.dataset.line));
const decided = (page, id, what) =>
  page.waitForFunction(([id, what]) => OP.decisions()[id]?.decision === what && OP.decisions()[id].kept, [id, what], { timeout: SOON });

test("two people decide on one run, and a newer one takes over what was not sent", async (t) => {
  const { folder, call, serve } = shop();
  call("run");
  const { server, addresses } = await serve("--user", "ann", "--user", "bob");
  t.after(() => { server.kill("SIGKILL"); rmSync(folder, { recursive: true, force: true }); });
  assert.equal(addresses.length, 2);
  const ann = await person(t, addresses[0]);
  const bob = await person(t, addresses[1]);
  await ann.page.waitForFunction(() => [...document.querySelectorAll("label input")].some((input) => input.readOnly && input.value === "ann"));

  const [first, second, third] = await open(ann.page);
  const row = (page, id) => page.locator(`#queue tr[data-line="${id}"]`);
  await row(ann.page, first).getByRole("button", { name: /^Approve/ }).click();
  await decided(ann.page, first, "approved");
  await decided(bob.page, first, "approved");
  assert.match(call("review", "--log"), /by ann/);

  // Undone within the moment that is left for it: never sent.
  await row(bob.page, second).getByRole("button", { name: /^Approve/ }).click();
  await bob.page.getByRole("button", { name: "Undo", exact: true }).click();
  await row(bob.page, third).getByRole("button", { name: /^Approve/ }).click();
  await decided(ann.page, third, "approved");
  const log = call("review", "--log");
  assert.equal(log.match(/ approved /g).length, 2, log);
  assert.match(log, /by bob/);

  // The server is gone while bob decides: his decision waits in his browser, and the next night's page offers it.
  server.kill("SIGKILL");
  await row(bob.page, second).getByRole("button", { name: /^Approve/ }).click();
  await bob.page.getByText("The server cannot be reached").waitFor({ timeout: SOON });
  assert.equal(call("review", "--log"), log, "nothing is lost, nothing is added");
});

test("an open page is told of a newer run, which offers what was not sent", async (t) => {
  const { folder, call, serve } = shop();
  call("run");
  const { server, addresses } = await serve();
  t.after(() => { server.kill("SIGKILL"); rmSync(folder, { recursive: true, force: true }); });
  const { page, run } = await person(t, addresses[0]);
  const [first] = await open(page);
  // Without a name nothing is sent.
  await page.locator(`#queue tr[data-line="${first}"]`).getByRole("button", { name: /^Approve/ }).click();
  call("run", "--as-of", "2026-03-03");
  await page.getByText("A newer run is here").first().waitFor({ timeout: SOON });
  await page.getByRole("link", { name: /^go to/ }).first().click();
  await page.waitForURL((url) => url.pathname.includes("/runs/") && !url.pathname.includes(run));
  await page.goto(page.url().replace("index.html", "report/recommendations.html"));
  await settled(page);
  await page.getByText(`1 decision on run ${run} never left this browser`).waitFor();
  assert.equal(call("review", "--log"), "");
});

test("a page that is served to read shows everything and decides nothing; the pages beside the runs are there", async (t) => {
  const { folder, call, serve } = shop();
  call("run");
  const { server, addresses } = await serve("--read-only");
  t.after(() => { server.kill("SIGKILL"); rmSync(folder, { recursive: true, force: true }); });
  const { page } = await person(t, addresses[0]);
  await page.getByText("Served to read only").first().waitFor({ timeout: SOON });
  assert.ok(await page.locator("#queue tr[data-line]").count() > 0);
  assert.equal(await page.locator("#queue tr[data-line] .primary:visible").count(), 0);
  await page.locator("#queue tr[data-line]").first().focus();
  await page.keyboard.press("a");
  assert.equal(await page.locator("#queue tr.decided").count(), 0);
  await page.goto(page.url().replace("recommendations.html", "accuracy.html"));
  await page.getByRole("link", { name: "backtest" }).click();
  await page.getByText("Nobody has asked for it yet").waitFor();
  await page.getByRole("link", { name: "To the newest report" }).click();
  await page.waitForURL(/\/runs\/[^/]+\/index\.html/);
});
