// Makes the pictures of the README from run folders: REPORT=path/to/run NETWORK=path/to/network/run npm run pictures
import { fileURLToPath } from "node:url";
import { launch, report } from "./browser.js";

const place = (name) => fileURLToPath(new URL(`pictures/${name}.png`, import.meta.url));
const browser = await launch(report, { width: 1440, height: 900 });
await browser.open("index.html");
await browser.page.screenshot({ path: place("briefing") });
const page = await browser.open("report/recommendations.html");
await page.screenshot({ path: place("decisions") });
await page.locator("#queue tbody a").first().click();
await page.waitForFunction(() => "ready" in (document.getElementById("item")?.dataset || {}));
await page.screenshot({ path: place("item") });
await browser.close();

// What `orderpoint demo --network` published, from the lanes on.
if (process.env.NETWORK) {
  const network = await launch(process.env.NETWORK, { width: 1440, height: 900 });
  const feeds = await network.open("report/suppliers.html");
  await feeds.evaluate(() => document.getElementById("who-feeds-whom").scrollIntoView());
  await feeds.screenshot({ path: place("network") });
  await network.close();
}
