// What every page needs: the namespace that data scripts call, how numbers are written, the search box, and the decisions,
// which live in this browser until they are downloaded. Data is only ever set as text, never as markup.
"use strict";

const OP = (() => {
  const { run, asOf, root, currency, waitDays } = document.body.dataset;
  // Of a unit; the least quantity that is counted.
  const decimals = Number(document.body.dataset.decimals || 0);
  const least = 1 / 10 ** decimals;
  const isCounted = (units) => Math.abs(units / least - Math.round(units / least)) < 1e-6;
  const tables = {};
  const waiting = {};
  const itemOf = new Map();

  // --- Data scripts -------------------------------------------------------------------------------------------------------
  // OP.table(...) is called by data/NAME.js, OP.items(...) by items/N.js.
  const table = (name, rows, columns) => {
    tables[name] = { name, rows, columns };
    waiting[name]?.forEach((use) => use(tables[name]));
  };
  const items = (first, list) => list.forEach((item, i) => itemOf.set(first + i, item));
  // Of a large shop they come packed, as OP.packed("table" or "items", TEXT): their arguments as JSON, deflated, in base64.
  const fromBase64 = (text) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    // A call a byte, as `Uint8Array.from` makes, takes a third of a second for a large list.
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  };
  let unpacked = Promise.resolve();
  const packed = (call, text) => {
    const bytes = fromBase64(text);
    const plain = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).json();
    unpacked = Promise.all([unpacked, plain.then((given) => (call === "table" ? table : items)(...given))]);
    unpacked.catch(() => { document.querySelector("main").prepend(el("p", { class: "notice", role: "alert" }, "This browser cannot unpack the data of the report: use a newer one.")); });
  };
  const ITEMS_PER_FILE = 64;
  /// By its code: a position in tonight's list would lead to another item tomorrow.
  const itemAddress = (sku) => `${root}item.html#sku=${encodeURIComponent(sku)}`;
  let positions = null;
  /// Everything the report knows of an item.
  const item = async (sku) => {
    if (!tables.items) await load("data/items.js");
    await unpacked;
    if (!positions) {
      const { words, values } = tables.items.columns.find((c) => c.key === "sku");
      positions = new Map(values.map((code, i) => [words[code], i]));
    }
    let at = positions.get(sku);
    if (at === undefined) {
      // Typed by hand: the one code that differs by nothing but capitals.
      const alike = [...positions.keys()].filter((code) => code.toLowerCase() === sku.toLowerCase());
      if (alike.length === 1) at = positions.get(alike[0]);
    }
    if (at === undefined) throw new Error(`no item has the code ${sku}`);
    if (!itemOf.has(at)) await load(`items/${Math.floor(at / ITEMS_PER_FILE)}.js`);
    await unpacked;
    return itemOf.get(at);
  };
  /// The rows of a table as objects; `n` is their place in it.
  const rowsOf = (t) => {
    const rows = Array.from({ length: t.rows }, (_, i) => ({ n: i }));
    for (const c of t.columns) {
      if (c.words) for (let i = 0; i < t.rows; i++) rows[i][c.key] = c.words[c.values[i]];
      else for (let i = 0; i < t.rows; i++) rows[i][c.key] = c.values[i];
    }
    return rows;
  };
  /// The same without copying them: a row reads its columns when it is asked. Of 20,000 lines the list draws fifty.
  const viewsOf = (t) => {
    class Row { constructor(n) { this.n = n; } }
    for (const { key, words, values } of t.columns) {
      Object.defineProperty(Row.prototype, key, { get: words ? function () { return words[values[this.n]]; } : function () { return values[this.n]; } });
    }
    return Array.from({ length: t.rows }, (_, i) => new Row(i));
  };
  const onTable = (name, use) => {
    if (tables[name]) use(tables[name]);
    else (waiting[name] ||= []).push(use);
  };
  const load = (file) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = root + file;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${file} is missing`));
      document.head.append(script);
    });

  // --- Elements and numbers -----------------------------------------------------------------------------------------------
  const el = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };
  const grouped = (text) => text.replace(/\B(?=(\d{3})+$)/g, ",");
  const fixed = (value, decimals) => {
    const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
    const sign = value < 0 && Number(whole + (rest || "")) !== 0 ? "-" : "";
    return sign + grouped(whole) + (rest ? "." + rest : "");
  };
  const iso = (n) => new Date(n * 86400000).toISOString().slice(0, 10);
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  /// "2 Mar", with the year where it is not the run's: as the pages write it. Takes days since 1970 or a date's ISO form.
  const day = (value) => {
    const [year, month, date] = (typeof value === "number" ? iso(value) : value).split("-").map(Number);
    if (!(month >= 1 && month <= 12 && date)) return value;
    return `${date} ${MONTHS[month - 1]}${asOf.startsWith(`${year}-`) ? "" : ` ${year}`}`;
  };
  /// A sentence with the dates in it written as the pages write them; what a date is only a part of stays as it is.
  const plain = (text) => text.replace(/(?<![\w./-])\d{4}-\d\d-\d\d(?![\w/-])/g, day);
  const write = (kind, value) => {
    if (value === null || value === undefined) return kind === "known-money" ? "unknown" : "";
    switch (kind) {
      case "number": return Number.isInteger(value) ? fixed(value, 0) : decimals > 0 ? fixed(value, decimals).replace(/\.?0+$/, "") : fixed(value, 1);
      case "money":
      case "known-money":
      case "ratio": return fixed(value, 2);
      case "percent": return fixed(value * 100, 1) + " %";
      case "date": return day(value);
      default: return plain(String(value));
    }
  };
  /// "1 line", "1,200 lines"
  const counted = (value, noun) => `${write("number", value)} ${noun}${value === 1 ? "" : "s"}`;
  const words = (name) => name.replaceAll(/[-_]/g, " ");
  const status = (name) => el("span", { class: `status ${name}` }, words(name));

  /// What other quantities of a line would mean, side by side; `choices` as the policy reckoned them.
  const otherQuantities = (choices) => {
    if (!choices.length) return [];
    const money = (value) => (value === null ? "unknown" : `${write("money", value)} ${currency}`.trim());
    const heads = ["If you order", "Cost", "Lasts until", "Chance of running out before the next delivery"];
    const row = ([quantity, value, until, risk]) => el("tr", {},
      el("th", { scope: "row", class: "number" }, quantity === 0 ? "nothing" : write("number", quantity)), el("td", { class: "number" }, money(value)),
      el("td", { class: "number" }, write("date", until) || "beyond the horizon"), el("td", { class: "number" }, risk === null ? "unknown" : write("percent", risk)));
    return [el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Other quantities" }, el("table", {},
      el("thead", {}, el("tr", {}, ...heads.map((name) => el("th", { scope: "col", class: "number" }, name)))),
      el("tbody", {}, ...choices.map(row))))];
  };

  // --- What the browser keeps ---------------------------------------------------------------------------------------------
  const memory = {};
  const read = (key, fallback) => {
    try { return JSON.parse(localStorage.getItem(key)) ?? fallback; } catch { return memory[key] ?? fallback; }
  };
  const keep = (key, value) => {
    memory[key] = value;
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private windows keep it until the page closes */ }
  };

  // --- Files to download --------------------------------------------------------------------------------------------------
  // Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers.
  const field = (value) => {
    if (typeof value === "number") return String(value);
    let text = String(value ?? "");
    if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (rows) => rows.map((row) => row.map(field).join(",") + "\r\n").join("");
  const download = (name, text) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  // --- Decisions ----------------------------------------------------------------------------------------------------------
  const KEPT = "orderpoint.decisions.";
  const DECISIONS = KEPT + run;
  /// Runs whose decisions were downloaded, by the time of the last of them.
  const DOWNLOADED = "orderpoint.downloaded";
  const AUTHOR = "orderpoint.author";
  const listeners = [];
  let decided = read(DECISIONS, {});
  const decisions = () => decided;
  /// What stands on a line; nothing where it was taken back.
  const madeOn = (id) => (decided[id]?.decision === "reopened" ? undefined : decided[id]);
  /// Tells everyone; `id` is the line decided on, if it was one.
  const changed = (id) => listeners.forEach((call) => call(id));
  // Another tab of the same report decided.
  window.addEventListener("storage", (event) => {
    if (event.key !== DECISIONS) return;
    decided = read(DECISIONS, {});
    changed();
  });
  const now = () => new Date().toISOString().slice(0, 19) + "Z";
  /// What can be undone, the last step at the end: of each line decided in it, the line and what stood before.
  const undoable = [];
  /// `line` is {id, sku, location, supplier}: the last three find it again in a later run, where its id is another one.
  /// Decided here and not sent yet; see `served`.
  const fresh = new Set();
  const set = (line, decision, step) => {
    step.push({ line, before: decided[line.id] });
    fresh.add(line.id);
    onServer.delete(line.id);
    if (decision) {
      const { sku, location: place, supplier } = line;
      decided[line.id] = { ...decision, sku, location: place, supplier, author: author(), time: now() };
    } else delete decided[line.id];
  };
  /// Whether whoever serves the page takes no decisions.
  let readOnly = false;
  const refused = () => {
    if (readOnly) tell(() => ["Served to read only: nothing is decided here"]);
    return readOnly;
  };
  const record = (line, decision) => {
    if (refused()) return;
    const before = decided[line.id];
    // What the server has is not undone by forgetting it here: it is taken back there, too.
    if (!decision && before?.kept) {
      if (!["rejected", "snoozed"].includes(before.decision)) return tell(() => [`${line.sku} is approved and kept: change it in the purchase order`]);
      decision = { decision: "reopened", quantity: "", until: "", reason: "" };
    }
    const step = [];
    set(line, decision, step);
    undoable.push(step);
    keep(DECISIONS, decided);
    changed(line.id);
  };
  const recordAll = (lines, decisionOf) => {
    if (refused()) return;
    const step = [];
    for (const line of lines) set(line, decisionOf(line), step);
    if (step.length) undoable.push(step);
    keep(DECISIONS, decided);
    changed();
  };
  const undo = () => {
    const step = undoable.pop();
    if (!step) return;
    // What the server has is not undone by forgetting it here.
    const isKept = ({ line, before }) => !before && decided[line.id]?.kept;
    const open = step.filter((one) => !isKept(one));
    for (const { line, before } of open) {
      if (before) decided[line.id] = before;
      else delete decided[line.id];
    }
    keep(DECISIONS, decided);
    changed(open.length === 1 ? open[0].line.id : undefined);
    const stays = step.filter(isKept);
    if (step.length === 1 && stays.length === 1) record(stays[0].line, null);
    else if (stays.length) tell(() => [`${counted(stays.length, "line")} had been kept already: take them back one by one`]);
  };
  /// Takes back whatever only this browser knows of: what the server has kept is others' business, too.
  const undoAll = () => {
    const open = Object.keys(decided).filter((id) => !decided[id].kept);
    if (!open.length || !confirm(`Take back ${counted(open.length, "decision")}?`)) return;
    for (const id of open) delete decided[id];
    undoable.length = 0;
    fresh.clear();
    keep(DECISIONS, decided);
    changed();
  };
  /// An item that is held is let go with what it needs: there is no proposed quantity to approve.
  const approval = (line) => (line.quantity > 0 ? { decision: "approved", quantity: line.quantity } : { decision: "edited", quantity: line.released || line.smallest, until: "", reason: "" });
  /// Why the supplier of `line` would not take `quantity`; empty where it would.
  const refusal = (line, quantity) => {
    if (!isCounted(quantity) || quantity < 0) return least === 1 ? "Whole units, please." : `No part smaller than ${least}, please.`;
    if (quantity === 0) return "To order nothing, reject the line.";
    if (quantity < line.smallest) return `At least ${write("number", line.smallest)}.`;
    if (line.largest !== null && quantity > line.largest) return `At most ${write("number", line.largest)}.`;
    // In the least quantities, which are whole numbers: 0.3 / 0.1 is not 3.
    const [units, pack] = [quantity, line.pack].map((q) => Math.round(q / least));
    const packs = Math.floor(units / pack);
    const shown = (n) => write("number", n * pack * least);
    if (packs * pack !== units) return `Packs of ${line.pack}: ${shown(packs)} or ${shown(packs + 1)}.`;
    return "";
  };
  /// What `quantity` means, where the policy has reckoned it: cost, how long it lasts, the risk.
  const meant = (choices, quantity) => {
    const choice = choices?.find(([units]) => units === quantity);
    if (!choice) return "";
    const cost = choice[1] === null ? "cost unknown" : `costs ${write("money", choice[1])} ${currency}`.trim();
    return `${cost}, lasts until ${write("date", choice[2]) || "beyond the horizon"}, ${choice[3] === null ? "unknown" : write("percent", choice[3])} risk of running out`;
  };
  const author = () => read(AUTHOR, "");
  const lastTime = (all) => Object.values(all).map((d) => d.time).sort().pop() || "";
  /// Decisions of other runs that never left this browser: [{run, decisions}], oldest first.
  const leftBehind = () => {
    const downloaded = read(DOWNLOADED, {});
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(KEPT) || key === DECISIONS) continue;
        const all = read(key, {});
        const of = key.slice(KEPT.length);
        // What a server has answered as kept is not left behind, nor is what others decided.
        for (const id of Object.keys(all)) if (all[id].kept) delete all[id];
        if (Object.keys(all).length && lastTime(all) > (downloaded[of] || "")) found.push({ run: of, decisions: all });
      }
    } catch { /* a browser that keeps nothing left nothing behind */ }
    return found.sort((a, b) => (a.run < b.run ? -1 : 1));
  };
  const forget = (of) => localStorage.removeItem(KEPT + of);
  const decisionsText = (all) => {
    const rows = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
    const head = ["recommendation_id", "decision", "quantity", "until", "reason", "author", "time"];
    const line = ([id, d]) => [id, d.decision, d.quantity ?? "", d.until || "", d.reason || "", d.author || author(), d.time];
    return csv([head, ...rows.map(line)]);
  };
  /// What has left this browser is not offered again.
  const tookOut = (of, all) => keep(DOWNLOADED, { ...read(DOWNLOADED, {}), [of]: lastTime(all) });
  const decisionsFile = (of, all) => {
    tookOut(of, all);
    return decisionsText(all);
  };
  const downloadDecisions = (of = run, all = decided) => download("decisions.csv", decisionsFile(of, all));

  // --- Served by `orderpoint serve`: decisions go to the server, others' come from it ----------------------------------------
  const served = location.protocol.startsWith("http") && location.pathname.startsWith("/runs/");
  /// Ids that the server has: what is sent is only what it has not.
  const onServer = new Set();
  const isOpen = ([id]) => !onServer.has(id);
  const keptByServer = (ids) => {
    for (const id of ids) {
      onServer.add(id);
      if (decided[id]) decided[id].kept = true;
    }
    keep(DECISIONS, decided);
  };
  /// Where a page says what became of decisions; `make` gives the words anew for each place.
  const notices = [];
  const tell = (make) => notices.forEach((notice) => notice.replaceChildren(...make()));
  const newerRun = (current) => tell(() => ["A newer run is here: ",
    el("a", { href: "/" }, current.as_of ? `go to ${write("date", current.as_of)}` : "go to it"),
    "; undecided edits of this one are offered there."]);
  let saving = false;
  const saveDecisions = async () => {
    if (saving) return;
    const open = Object.fromEntries(Object.entries(decided).filter(isOpen));
    const count = Object.keys(open).length;
    fresh.clear();
    if (count === 0) return;
    saving = true;
    try {
      const answer = await fetch("/decisions", {
        method: "POST", headers: { "Content-Type": "text/csv" }, body: decisionsText(open), keepalive: count < 200,
      });
      const text = await answer.text();
      let told;
      try { told = JSON.parse(text); } catch { return tell(() => [text.trim()]); }
      keptByServer(told.known ? Object.keys(open) : told.kept || []);
      const said = [`${counted((told.kept || []).length, "decision")} kept`, ...(told.problems || [])].join("; ");
      tell(() => [said]);
      if (told.run_id && told.run_id !== run) newerRun(told);
    } catch {
      tell(() => ["The server cannot be reached: decisions stay in this browser, try again or download them"]);
    } finally {
      saving = false;
      changed();
    }
  };
  const fetchOthers = async (signedBy) => {
    try {
      const current = await (await fetch("/run")).json();
      signedBy(current.author);
      if (current.read_only && !readOnly) {
        readOnly = true;
        document.body.dataset.readOnly = "";
        refused();
      }
      if (current.run_id !== run) return newerRun(current);
      const { decisions: all } = await (await fetch("/decisions")).json();
      let news = false;
      for (const { recommendation_id: id, ...made } of all) {
        if (fresh.has(id) || (onServer.has(id) && decided[id]?.time === made.time)) continue;
        decided[id] = { ...decided[id], ...made, until: made.until || "", kept: true };
        onServer.add(id);
        news = true;
      }
      if (news) changed();
    } catch { /* no server for a moment: the next look tells */ }
  };

  /// Asks for what a decision needs, in a dialog; `line` is {id, sku, quantity} with what its supplier takes.
  const ask = (line, decision) => {
    if (refused()) return;
    if (decision === "approved") return record(line, approval(line));
    if (decision === "") return record(line, null);
    const before = decisions()[line.id] || {};
    const title = { edited: "Edit the quantity of", rejected: "Reject", snoozed: "Snooze" }[decision];
    const quantity = el("input", { type: "number", min: line.smallest, max: line.largest ?? undefined, step: line.pack, required: true, value: before.quantity || approval(line).quantity, "aria-describedby": "ask-means" });
    const means = el("span", { class: "note", id: "ask-means", role: "status" });
    const checked = () => {
      const why = decision === "edited" ? refusal(line, Number(quantity.value)) : "";
      quantity.setCustomValidity(why);
      means.textContent = why || meant(line.choices, Number(quantity.value));
    };
    quantity.addEventListener("input", checked);
    checked();
    const until = el("input", { type: "date", min: asOf, required: decision === "snoozed", value: before.until || "" });
    const late = el("span", { class: "note", role: "status" });
    until.addEventListener("input", () => {
      const [ends, last] = [Date.parse(until.value) / 86400000, line.order_by ?? null];
      late.textContent = last !== null && ends > last ? `That is after ${day(Math.max(last, Math.round(Date.parse(asOf) / 86400000)))}, the last day an order still comes in time.` : "";
    });
    const reason = el("input", { type: "text", required: decision === "rejected", maxlength: 200, value: before.reason || "" });
    const done = () => {
      record(line, {
        decision,
        quantity: decision === "edited" ? Number(quantity.value) : "",
        until: decision === "edited" ? "" : until.value,
        reason: reason.value.trim(),
      });
    };
    const box = el("dialog", { "aria-labelledby": "ask" });
    const form = el("form", { method: "dialog", onsubmit: done },
      el("h2", { id: "ask" }, `${title} ${line.sku}`),
      ...(decision === "edited" ? [el("label", {}, `Units to order (${line.quantity > 0 ? `proposed ${write("number", line.quantity)}` : "held: nothing is proposed"})`, quantity, means)] : []),
      ...(decision === "snoozed" ? [el("label", {}, "Stay quiet until", until, late)] : []),
      ...(decision === "rejected" ? [el("label", {}, `Until (empty: ${waitDays} days, until ${day(Math.round(Date.parse(asOf) / 86400000) + Number(waitDays))})`, until)] : []),
      el("label", {}, decision === "rejected" ? "Reason" : "Reason (optional)", reason),
      el("div", { class: "actions" },
        el("button", { type: "button", onclick: () => box.close() }, "Cancel"),
        el("button", { class: "primary" }, "Keep")));
    box.append(form);
    box.addEventListener("close", () => { box.remove(); changed(line.id); });
    document.body.append(box);
    box.showModal();
  };
  const CHOICES = [["", "Decide ..."], ["approved", "Approve"], ["edited", "Edit quantity ..."], ["rejected", "Reject ..."], ["snoozed", "Snooze ..."]];
  /// Until when a rejection without a day holds.
  const endless = () => Math.round(Date.parse(asOf) / 86400000) + Number(waitDays);
  const told = (made) => ({ approved: "Approved", edited: made.reason === "added to the order" ? `Added: ${made.quantity}` : `Edited to ${made.quantity}`, rejected: `Rejected until ${day(made.until || endless())}${made.reason ? `: ${made.reason}` : ""}`, snoozed: `Snoozed until ${write("date", made.until || null)}`, reopened: "Taken back" })[made.decision];
  /// The control that decides a line.
  const decide = (line) => {
    const made = madeOn(line.id) || { decision: "" };
    const select = el("select", { "aria-label": `Decision on ${line.sku}`, onchange: () => ask(line, select.value) },
      ...CHOICES.map(([value, name]) => {
        const chosen = value === made.decision;
        return el("option", { value, selected: chosen }, chosen && value ? told(made) : !value && made.decision ? "Undo" : name);
      }));
    return select;
  };
  /// In a long table a list a row makes scrolling slow: there a button stands for it until it is pressed.
  const decideButton = (line) => {
    const made = madeOn(line.id);
    const text = made ? told(made) : "Decide ...";
    const button = el("button", { type: "button", class: "deciding", "data-line": line.id, "aria-label": `${text} on ${line.sku}`, onclick: () => {
      const select = decide(line);
      button.replaceWith(select);
      select.focus();
      try { select.showPicker(); } catch { /* a browser without it opens the list on the next press */ }
    } }, text);
    return button;
  };
  /// How long a decision can be undone before it is sent, and how often others' are asked for, ms.
  const GRACE = 1500;
  const LOOK_EVERY = 5000;
  /// Fields for the name, one a bar.
  const nameFields = [];
  const signedBy = (person) => {
    if (!person) return;
    keep(AUTHOR, person);
    for (const name of nameFields) {
      name.value = person;
      name.readOnly = true;
    }
  };
  /// Once a page, however many bars it has.
  const keepWithServer = () => {
    const look = () => fetchOthers(signedBy);
    look();
    setInterval(look, LOOK_EVERY);
    let due;
    listeners.push(() => {
      // Only what was just decided here: what was refused once is sent again by hand.
      if (fresh.size === 0 || !author()) return;
      clearTimeout(due);
      due = setTimeout(saveDecisions, GRACE);
    });
    window.addEventListener("pagehide", () => { if (fresh.size && author()) saveDecisions(); });
  };
  // --- Opened from disk: a folder that decisions are written to, where the browser can (File System Access) -----------------
  let folder = null;
  /// One file a run, written anew each time.
  const writeToFolder = async () => {
    const all = { ...decided };
    const name = `decisions-${run}.csv`;
    const out = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await out.write(decisionsText(all));
    await out.close();
    tookOut(run, all);
    tell(() => [`${counted(Object.keys(all).length, "decision")} written to ${folder.name}/${name}; every further one is, too`]);
  };
  let writing;
  const writeSoon = () => {
    clearTimeout(writing);
    writing = setTimeout(() => writeToFolder().catch(() => {
      folder = null;
      tell(() => ["The folder cannot be written to any more: choose it again, or download the decisions"]);
    }), GRACE);
  };
  const chooseFolder = async () => {
    try {
      folder = await window.showDirectoryPicker({ id: "orderpoint", mode: "readwrite" });
      await writeToFolder();
    } catch (fault) {
      folder = null;
      // Nobody chose one.
      if (fault.name !== "AbortError") downloadDecisions();
    }
  };
  const folderButton = () => {
    if (served || !window.showDirectoryPicker) return [];
    listeners.push(() => { if (folder) writeSoon(); });
    return [el("button", { type: "button", onclick: chooseFolder }, "Write to a folder ...")];
  };
  /// Who decides, and the file to download; with a server, decisions go there by themselves.
  const decisionBar = () => {
    const notice = el("span", { role: "status" });
    notices.push(notice);
    const count = el("button", { type: "button", class: "primary", onclick: () => (served ? saveDecisions() : downloadDecisions()) });
    const unsigned = el("span", { class: "note" });
    const show = () => {
      const n = Object.entries(decisions()).filter(isOpen).length;
      count.textContent = `${served ? "Save" : "Download"} decisions (${n})`;
      count.disabled = n === 0;
      unsigned.textContent = n > 0 && !author() ? (served ? "Nothing is kept without your name." : "Without your name nobody knows who decided.") : "";
    };
    const name = el("input", { type: "text", value: author(), autocomplete: "name", oninput: () => { keep(AUTHOR, name.value.trim()); show(); } });
    nameFields.push(name);
    if (served && notices.length === 1) keepWithServer();
    listeners.push(show);
    show();
    return [el("label", {}, "Your name", name, unsigned), count, ...folderButton(), notice];
  };

  // --- Pages beside the runs: from `current` they are one folder nearer than from `runs/ID` ---------------------------------
  for (const link of document.querySelectorAll("[data-beside]")) {
    const up = /\/runs\/[^/]+\/(report\/)?[^/]*$/.test(location.pathname) ? "../../../" : "../../";
    link.href = `${root}${up}${link.dataset.beside}/index.html`;
  }

  // --- Search box ---------------------------------------------------------------------------------------------------------
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  let names = null;
  const suggest = () => {
    const text = find.value.trim().toLowerCase();
    found.replaceChildren();
    if (!names || !text) return;
    for (let i = 0, shown = 0; i < names.length && shown < 20; i++) {
      if (names[i].text.includes(text)) {
        found.append(el("option", { value: names[i].sku }, names[i].name));
        shown++;
      }
    }
  };
  const open = () => {
    const text = find.value.trim().toLowerCase();
    if (!names || !text) return;
    let at = names.findIndex((n) => n.sku.toLowerCase() === text);
    if (at < 0) at = names.findIndex((n) => n.text.includes(text));
    if (at >= 0) location.href = itemAddress(names[at].sku);
    else find.setCustomValidity("No such item"), find.reportValidity();
  };
  find.addEventListener("focus", () => {
    if (!tables.items) load("data/items.js").catch(() => {});
  });
  onTable("items", (t) => {
    const column = (key) => t.columns.find((c) => c.key === key);
    const [skus, titles] = [column("sku"), column("name")];
    names = skus.values.map((code, i) => {
      const [sku, name] = [skus.words[code], titles.words[titles.values[i]]];
      return { sku, name, text: `${sku} ${name}`.toLowerCase() };
    });
    suggest();
  });
  find.addEventListener("input", () => { find.setCustomValidity(""); suggest(); });
  find.form.addEventListener("submit", (event) => { event.preventDefault(); open(); });

  // --- What stands: rejections and snoozes taken back where they are listed ---------------------------------------------------
  const standing = [...document.querySelectorAll(".take-back")];
  if (standing.length) {
    const bar = el("div", { class: "bar", role: "group", "aria-label": "Decisions" });
    standing[0].closest(".scroll").before(bar);
    bar.append(...decisionBar());
    const show = () => standing.forEach((button) => { button.textContent = decided[button.dataset.line]?.decision === "reopened" ? "Taken back: undo" : "Take back"; });
    for (const button of standing) {
      button.addEventListener("click", () => {
        const { line } = button.dataset;
        const of = { id: line, sku: button.closest("tr").cells[0].textContent };
        if (decided[line]?.decision !== "reopened") record(of, { decision: "reopened", quantity: "", until: "", reason: "" });
        else if (!decided[line].kept) record(of, null);
      });
    }
    listeners.push(show);
    show();
  }

  return {
    served, least, isCounted, table, items, packed, item, itemAddress, rowsOf, viewsOf, onTable, load, el, write, iso, counted, otherQuantities, words, status, read, keep, csv, download,
    decide, decideButton, decisionBar, decisions, madeOn, plain, record, recordAll, approval, refusal, undo, undoAll, ask, told, leftBehind, forget, downloadDecisions, root, asOf, currency,
    onDecision: (call) => listeners.push(call),
  };
})();
