// The decision list: what waits for a person, most worth first or by supplier, each line decided where it stands.
"use strict";

(() => {
  const { el, write, counted } = OP;
  const place = document.getElementById("queue");
  /// Lines on the page before someone asks for more: what a person gets through in a morning.
  const SHOWN = 50;
  const NARROW = window.matchMedia("(max-width: 600px)").matches;
  /// Lines on paper: a day's work of a whole team, in a dozen sheets.
  const PRINTED = 500;
  /// Items that would top an order up to its minimum.
  const CANDIDATES = 5;
  const state = { view: "worth", search: "", supplier: "", location: "", category: "", undecided: false, shown: SHOWN };
  const typed = new Map();
  let lines = [];
  /// Of the lines, those that wait for a person or were decided on in this browser.
  let queued = [];
  const byId = new Map();
  /// Need of all lines of an item at a location: a split order has several that fill up to one level together.
  const needs = new Map();
  const poolOf = (row) => `${row.sku}\n${row.location}`;
  let places = false;
  let suppliers = new Map();

  const money = (value) => (value === null ? "unknown" : `${write("money", value)} ${OP.currency}`.trim());
  const whole = (value) => `${write("number", Math.round(value))} ${OP.currency}`.trim();
  const day = (n) => (n === null ? "" : write("date", n));
  const today = Math.round(Date.parse(OP.asOf) / 86400000);
  const lineOf = ({ recommendation_id: id, sku, location, supplier, quantity, pack, smallest, largest, released, order_by }) => ({ id, sku, location, supplier, quantity, pack, smallest, largest, released, order_by });

  // --- What may be ordered ------------------------------------------------------------------------------------------------
  const { refusal } = OP;
  /// Units in the box, or as decided, or as proposed.
  const wanted = (row) => {
    if (typed.has(row.recommendation_id)) return typed.get(row.recommendation_id);
    const made = OP.madeOn(row.recommendation_id);
    return made?.decision === "edited" ? made.quantity : row.quantity || row.released;
  };
  /// What quantities around the proposed one would mean, as the policy reckons it: by line, once its item is loaded.
  const choicesOf = new Map();
  const choiceAt = (row, quantity) => choicesOf.get(row.recommendation_id)?.find(([units]) => units === quantity);
  const loadChoices = async (row) => {
    const item = await OP.item(row.sku);
    const line = item.pools.flatMap((p) => p.lines).find((l) => l.id === row.recommendation_id);
    choicesOf.set(row.recommendation_id, line?.choices || []);
    return choicesOf.get(row.recommendation_id);
  };
  /// `null` where no price is known: such an order does not cost nothing.
  const costOf = (row, quantity) => (row.unit_cost === null ? null : choiceAt(row, quantity)?.[1] ?? (row.quantity > 0 ? (row.value / row.quantity) * quantity : row.unit_cost * quantity));
  /// Units that stand to be ordered of a line: none where it was turned down, or is held and nobody touched it.
  const taken = (row) => {
    const made = OP.madeOn(row.recommendation_id);
    if (made && (made.decision === "rejected" || made.decision === "snoozed")) return 0;
    // What the supplier would not take moves no total: the line stays as it was.
    const entered = typed.get(row.recommendation_id);
    if (entered !== undefined && !refusal(row, entered)) return entered;
    if (made?.decision === "edited") return made.quantity;
    return made ? row.quantity || row.released : row.quantity;
  };
  const spent = (row) => (taken(row) > 0 ? costOf(row, taken(row)) || 0 : 0);

  // --- Deciding -----------------------------------------------------------------------------------------------------------
  const approve = (row) => {
    const quantity = wanted(row);
    const why = refusal(row, quantity);
    if (why) return quantityBox(row)?.focus();
    typed.delete(row.recommendation_id);
    const decision = quantity === row.quantity ? OP.approval(row) : { decision: "edited", quantity, until: "", reason: "" };
    const after = next(row, 1, true);
    OP.record(lineOf(row), decision);
    focusOn(after || row);
  };
  const visible = () => [...place.querySelectorAll("tr[data-line]")];
  const rowAt = (tr) => byId.get(tr?.dataset.line);
  const find = (row) => place.querySelector(`tr[data-line="${CSS.escape(row.recommendation_id)}"]`);
  const quantityBox = (row) => find(row)?.querySelector("input");
  const focusOn = (row) => {
    const tr = row && find(row);
    tr?.focus({ preventScroll: true });
    tr?.scrollIntoView({ block: "nearest" });
  };
  /// The line `step` further, or the nearest undecided one that way.
  const next = (row, step, undecided = false) => {
    const all = visible();
    for (let at = all.indexOf(find(row)) + step; at >= 0 && at < all.length; at += step) {
      const there = rowAt(all[at]);
      if (there && !(undecided && OP.madeOn(there.recommendation_id))) return there;
    }
    return null;
  };
  const KEYS = {
    j: (row) => focusOn(next(row, 1)),
    k: (row) => focusOn(next(row, -1)),
    a: approve,
    e: (row) => quantityBox(row)?.select(),
    r: (row) => OP.ask(lineOf(row), "rejected"),
    s: (row) => OP.ask(lineOf(row), "snoozed"),
    u: (row) => OP.record(lineOf(row), null),
    o: (row) => find(row).querySelector(".more").click(),
  };
  place.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const act = KEYS[event.key];
    const row = rowAt(event.target.closest("tr[data-line]")) || rowAt(visible()[0]);
    if (!act || !row) return;
    event.preventDefault();
    act(row);
  });

  // --- One line -----------------------------------------------------------------------------------------------------------
  const HEADS = ["Item", "Order", "Why", "Cost", "If not ordered", "Order by", "Decision"];
  const otherwise = (row) => {
    const out = row.stockout_date === null ? "" : row.stockout_date <= today ? "out of stock now" : `out on ${day(row.stockout_date)}`;
    const lost = row.value_at_risk === null ? "what is lost is unknown: cost or price is missing" : row.value_at_risk > 0 ? `${whole(row.value_at_risk)} of margin at risk` : "";
    return [out, lost].filter(Boolean).join("; ") || "no loss expected";
  };
  const by = (row) => (row.order_by === null ? "" : row.order_by <= today ? "today" : day(row.order_by));

  /// Why a line is there, in words: what is coming in, against what will go out before an order can be here.
  const why = (row) => {
    const below = row.inventory_position !== null && row.reorder_point !== null && row.inventory_position <= row.reorder_point;
    const parts = OP.plain(row.reason).split("; ");
    // What raised or cut the quantity beyond the need, in the order it was done.
    const rules = parts.filter((part) => /needed, |^raised |^cut |^the last run's |^split order|^the rest of a split/.test(part)).map((part) => part.replace(/:.*/, ""));
    // What waits for a word names its need once: the rule that would round it says it more exactly.
    const held = /^([\d.,]+) needed, not ordered: (.*)$/.exec(parts[0]);
    if (held) return [held[2], rules.slice(1).pop() || `${held[1]} needed`].join("; ");
    if (!below || row.quantity === 0) return [parts[0].replace(/^position .*: order up to/, "order up to"), ...rules.slice(-1)].filter((part, i, all) => all.indexOf(part) === i).join("; ");
    const units = (value) => write("number", OP.least === 1 ? Math.round(value) : value);
    const level = `has ${units(row.inventory_position)}${row.on_order > 0 ? " with what is on the way" : ""}, needs ${units(row.reorder_point)} to last until the delivery after next`;
    const need = needs.get(poolOf(row));
    const upTo = /order up to ([\d.,]+)/.exec(row.reason);
    // What the sum leaves out stands beside it: order up to less what is there is not always what is needed.
    const less = [row.unserved ? `${units(row.unserved)} that sell out before it can come` : "", row.moved_in ? `${units(row.moved_in)} moved in` : ""].filter(Boolean);
    return [level, `${upTo ? `order up to ${upTo[1]}${less.length ? `, less ${less.join(" and ")}` : ""}: ` : ""}${units(need)} needed`, ...rules.map((part) => part.replace(/^[\d.,]+ needed, /, ""))].join("; ");
  };
  const quantityCell = (row) => {
    const hint = el("span", { class: "note", id: `hint-${row.n}` });
    const box = el("input", {
      type: "number", min: row.smallest, max: row.largest ?? undefined, step: row.pack, value: wanted(row),
      "aria-label": `Units of ${row.sku} to order`, "aria-describedby": `hint-${row.n}`,
    });
    const show = () => {
      const quantity = Number(box.value);
      const why = refusal(row, quantity);
      box.setAttribute("aria-invalid", why ? "true" : "false");
      const packs = row.pack > OP.least && row.pack !== 1 ? `${counted(quantity / row.pack, "pack")} of ${row.pack}` : "";
      const choice = choiceAt(row, quantity);
      const lasts = choice ? `lasts until ${day(choice[2] || null) || "beyond the horizon"}, ${write("percent", choice[3])} risk of running out` : "";
      const instead = quantity === row.quantity ? "" : row.quantity > 0 ? `proposed ${write("number", row.quantity)}` : isOpen(row) && row.waits ? "held: ordered once you approve" : "";
      // What an edit makes of the whole order stands where the eye is.
      const order = !why && typed.has(row.recommendation_id) && row.supplier ? `the order of ${row.supplier}: ${whole(orderTotal(row))}` : "";
      hint.textContent = why || [packs, lasts, instead, order].filter(Boolean).join("; ");
      const tr = box.closest("tr");
      const cost = tr?.querySelector(".cost");
      if (cost && !why) cost.textContent = money(costOf(row, quantity));
    };
    box.addEventListener("input", () => {
      typed.set(row.recommendation_id, Number(box.value));
      show();
      totals(row);
    });
    box.addEventListener("focus", () => loadChoices(row).then(show).catch(() => {}), { once: true });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") approve(row);
      else if (event.key === "Escape") {
        typed.delete(row.recommendation_id);
        box.value = wanted(row);
        show();
        totals(row);
        focusOn(row);
      }
    });
    show();
    return el("td", { class: "quantity" }, box, hint);
  };

  const decisionCell = (row) => {
    const made = OP.madeOn(row.recommendation_id);
    const line = lineOf(row);
    const button = (text, act, extra = {}) => el("button", { type: "button", "aria-label": `${text} ${row.sku}`, onclick: act, ...extra }, text);
    const acts = made
      ? [el("strong", { class: `made ${made.decision}` }, OP.told(made)), button("Undo", () => { typed.delete(row.recommendation_id); OP.record(line, null); })]
      : [button("Approve", () => approve(row), { class: "primary" }), button("Reject", () => OP.ask(line, "rejected")), button("Snooze", () => OP.ask(line, "snoozed"))];
    return el("td", {}, el("div", { class: "acts" }, ...acts, button("More", (event) => toggle(row, event.currentTarget), { class: "more", "aria-expanded": "false" })));
  };

  const lineRow = (row) =>
    el("tr", { "data-line": row.recommendation_id, tabindex: 0, class: OP.madeOn(row.recommendation_id) ? "decided" : undefined },
      el("th", { scope: "row" }, el("a", { href: OP.itemAddress(row.sku) }, row.sku), el("span", { class: "name" }, row.name),
        el("span", { class: "note" }, [row.supplier, places ? row.location : ""].filter(Boolean).join(", "))),
      quantityCell(row),
      el("td", { class: "why" }, OP.status(row.status), el("br"), why(row)),
      el("td", { class: "number cost" }, money(costOf(row, wanted(row)))),
      el("td", { class: "otherwise" }, otherwise(row)),
      el("td", { class: "date" }, by(row)),
      decisionCell(row));

  /// The figures behind a line, below it.
  const toggle = (row, button) => {
    const tr = find(row);
    const open = tr.nextElementSibling?.classList.contains("drawer");
    button.setAttribute("aria-expanded", String(!open));
    if (open) return tr.nextElementSibling.remove();
    const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value === null || value === undefined || value === "" ? "unknown" : value));
    const number = (value) => (value === null ? "unknown" : write("number", value));
    const body = el("td", { colspan: HEADS.length },
      el("p", {}, `${OP.plain(row.reason)}.`),
      el("dl", { class: "facts" },
        fact("On hand", number(row.on_hand)), fact("Available", number(row.available)), fact("On order", number(row.on_order)), fact("Position", number(row.inventory_position)),
        fact("Sells a day", write("money", row.velocity)), fact("Forecast 4 weeks", number(row.forecast_4_weeks)), fact("Days of cover", number(row.cover)), fact("Lead time, days", number(row.lead_time)),
        fact("Safety stock", number(row.safety_stock)), fact("Reorder point", number(row.reorder_point)), fact("Need", number(row.need)), fact("Risk of running out before it arrives", write("percent", row.risk)),
        fact("Unit cost", money(row.unit_cost)), fact("Landed cost", money(row.landed_unit_cost)), fact("Class", row.class), fact("Gain by ordering now", whole(row.gain))),
      el("p", {}, el("a", { href: OP.itemAddress(row.sku) }, `Everything about ${row.sku}: demand, stock, arithmetic`)));
    tr.after(el("tr", { class: "drawer" }, body));
    loadChoices(row).then((choices) => body.append(...OP.otherQuantities(choices))).catch(() => {});
  };
  const sheet = (rows, label) =>
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, el("table", { class: "queue" },
      el("thead", {}, el("tr", {}, ...HEADS.map((name) => el("th", { scope: "col", class: name === "Cost" ? "number" : undefined }, name)))),
      el("tbody", {}, ...rows.map(lineRow))));

  // --- The two views ------------------------------------------------------------------------------------------------------
  const matches = (row) => {
    if (state.supplier && row.supplier !== state.supplier) return false;
    if (state.location && row.location !== state.location) return false;
    if (state.category && row.category !== state.category) return false;
    if (state.status && row.status !== state.status) return false;
    if (state.undecided && OP.madeOn(row.recommendation_id)) return false;
    const text = state.search.trim().toLowerCase();
    return !text || `${row.sku} ${row.name} ${row.supplier} ${row.reason}`.toLowerCase().includes(text);
  };
  const waiting = () => lines.filter((row) => row.waits || OP.madeOn(row.recommendation_id));
  const isOpen = (row) => !OP.madeOn(row.recommendation_id);

  const byWorth = (rows) => {
    const shown = rows.slice(0, state.shown);
    const rest = rows.slice(state.shown);
    const parts = [sheet(shown, "Lines to decide")];
    if (rest.length) {
      const more = el("button", { type: "button", onclick: () => { state.shown += SHOWN; draw(); } }, `Show ${Math.min(SHOWN, rest.length)} more`);
      parts.push(el("p", {}, more), el("h2", {}, "The rest, by supplier"), el("ul", { class: "groups" },
        ...[...groups(rest)].map(([name, of]) => el("li", {},
          el("button", { type: "button", onclick: () => { state.view = "supplier"; state.supplier = name; controls(); draw(); } }, name || "no supplier"),
          ` ${counted(of.length, "line")}, ${whole(of.reduce((sum, row) => sum + spent(row), 0))}`))));
    }
    return parts;
  };
  const groups = (rows, keyOf = (row) => row.supplier) => {
    const found = new Map();
    for (const row of rows) {
      const key = keyOf(row);
      found.has(key) ? found.get(key).push(row) : found.set(key, [row]);
    }
    return found;
  };
  /// A supplier asks its minimum of each order, and what goes to two places is two orders.
  const orderOf = (row) => `${row.supplier}\n${row.location}`;
  const bySupplier = (rows) => {
    // Thousands of lines take seconds to draw: the first ones, and the rest when someone asks for it.
    let left = state.shown;
    return [...groups(rows, orderOf).values()].flatMap((of) => {
      const shown = of.slice(0, left);
      left -= shown.length;
      return bench(of, shown);
    });
  };
  /// Heads of the orders on the page, by order: written anew when a line of theirs is decided or typed on.
  const heads = new Map();
  /// Every line that waits, by order: filters hide lines, the supplier's minimum counts them.
  let orders = new Map();
  const orderTotal = (row) => (orders.get(orderOf(row)) || [row]).reduce((sum, one) => sum + spent(one), 0);
  const bench = (of, shown) => {
    const { supplier: name, location: to } = of[0];
    const order = orderOf(of[0]);
    const summary = el("p");
    const head = () => {
      const every = orders.get(order) || of;
      const terms = suppliers.get(name);
      const total = every.reduce((sum, row) => sum + spent(row), 0);
      const open = of.filter((row) => row.quantity > 0 && isOpen(row));
      const all = open.length === 0 ? "" : el("button", { type: "button", class: "deciding-act", onclick: () => OP.recordAll(open.map(lineOf), OP.approval) }, `Approve the ${counted(open.length, "open line")}`);
      const hidden = every.length - of.length;
      const held = every.filter((row) => row.quantity === 0 && isOpen(row)).length;
      summary.replaceChildren(el("strong", {}, `${counted(every.length - held, "line")}, ${money(total)}${abroad(terms, total)}. `), held ? `${write("number", held)} held, waiting for approval. ` : "", ...reached(terms, total), ...filled(terms, every),
        ...(hidden > 0 ? [`${counted(hidden, "line")} of it hidden by the filters. `] : []), " ", all);
    };
    heads.set(order, head);
    head();
    const added = shown.length ? topUp(of) : [];
    const rest = of.length - shown.length;
    const more = () => {
      if (!shown.length) [state.supplier, state.location] = [name, places ? to : ""];
      else state.shown += SHOWN;
      controls();
      draw();
    };
    const lines = [...(shown.length ? [sheet(shown, `Lines of ${name}`)] : []), ...(rest ? [el("p", {}, el("button", { type: "button", onclick: more }, shown.length ? `Show ${Math.min(SHOWN, rest)} more` : `Show its ${counted(rest, "line")}`))] : [])];
    return [el("section", { class: "bench" },
      el("h2", {}, `${name || "No supplier"}${places ? `, for ${to}` : ""}`),
      summary,
      ...lines, ...added)];
  };
  /// The total as the supplier will bill it, where that is in another currency.
  const abroad = (terms, total) => (terms?.rate > 0 && terms.currency && terms.currency !== OP.currency ? ` (${write("money", total / terms.rate)} ${terms.currency})` : "");
  /// What the supplier asks of an order, and what is lacking.
  const reached = (terms, total) => {
    if (!terms) return [];
    const against = (least, what) => {
      if (least === null || least === undefined) return [];
      return [total >= least ? `${what} ${money(least)}: reached. ` : `${what} ${money(least)}: ${money(least - total)} lacking. `];
    };
    return [...against(terms.min_order_value, "Least order value"), ...against(terms.free_freight_value, "Free freight from")];
  };
  /// What a container has only so much of: how it is called, and how much of it a quantity takes.
  const MEASURES = [
    { key: "container_weight", name: "weight", size: (row, units) => (row.unit_weight === null ? null : row.unit_weight * units) },
    { key: "container_volume", name: "volume", size: (row, units) => (row.unit_volume === null ? null : row.unit_volume * units) },
    { key: "container_units", name: "units", size: (row, units) => units },
    { key: "container_value", name: "value", size: (row, units) => costOf(row, units) },
  ];
  /// How full the containers are that the order takes, by each of their limits.
  const filled = (terms, rows) => {
    const limits = MEASURES.filter(({ key }) => terms?.[key] > 0);
    if (!limits.length) return [];
    const loads = limits.map(({ key, name, size }) => {
      const sizes = rows.filter((row) => taken(row) > 0).map((row) => size(row, taken(row)));
      const unknown = sizes.filter((one) => one === null).length;
      return { name, unknown, load: sizes.reduce((sum, one) => sum + (one || 0), 0), holds: terms[key] };
    });
    // Sums of sizes miss a capacity by noise, not by a unit.
    const count = Math.max(1, Math.ceil(Math.max(...loads.map(({ load, holds }) => load / holds)) - 1e-6));
    const number = (value) => write("number", Math.round(value * 10) / 10);
    const parts = loads.map(({ name, load, holds, unknown }) =>
      `${name} ${number(load)} of ${number(count * holds)} (${write("percent", load / holds / count)}${unknown ? `, of ${counted(unknown, "line")} unknown` : ""})`);
    return [el("span", { class: "container" }, el("a", { href: "glossary.html#container" }, counted(count, "container")), `: ${parts.join(", ")}. `)];
  };
  /// Items of the supplier that are needed next: to fill an order up, or to add one.
  const topUp = (of) => {
    const order = orderOf(of[0]);
    const inside = new Set(of);
    const text = el("input", { type: "search", placeholder: "SKU or name" });
    const list = el("ul", { class: "groups" });
    const fill = () => {
      const wish = text.value.trim().toLowerCase();
      // What is to be cleared is not bought, unless somebody asks for it by name.
      const others = lines.filter((row) => orderOf(row) === order && !inside.has(row) && (wish || !row.cleared) && (!wish || `${row.sku} ${row.name}`.toLowerCase().includes(wish)));
      others.sort((a, b) => (a.order_by ?? Infinity) - (b.order_by ?? Infinity) || a.n - b.n);
      list.replaceChildren(...others.slice(0, CANDIDATES).map((row) => {
        const box = el("input", { type: "number", min: row.smallest, step: row.pack, value: row.smallest, "aria-label": `Units of ${row.sku} to add` });
        const told = el("span", { class: "note", role: "status" });
        const add = () => {
          const quantity = Number(box.value);
          told.textContent = refusal(row, quantity);
          if (!told.textContent) OP.record(lineOf(row), { decision: "edited", quantity, until: "", reason: "added to the order" });
        };
        const when = row.order_by === null ? "not needed yet" : `needed by ${day(row.order_by)}`;
        const means = el("span", { class: "note" });
        const least = suppliers.get(row.supplier)?.min_order_value ?? null;
        const show = () => {
          const value = costOf(row, Number(box.value));
          const total = orderTotal(of[0]) + (value || 0);
          const short = least === null ? "" : total < least ? `, ${money(least - total)} still lacking` : ", the least order value reached";
          means.textContent = value === null ? "cost unknown" : `${money(row.unit_cost)} each, ${money(value)}; the order then ${money(total)}${short}`;
        };
        box.addEventListener("input", show);
        show();
        return el("li", {}, el("a", { href: OP.itemAddress(row.sku) }, row.sku), ` ${row.name}, ${when}${row.cleared ? ", on the cull list" : ""} `, box, " ", el("button", { type: "button", onclick: add }, "Add"), " ", means, " ", told);
      }));
    };
    text.addEventListener("input", fill);
    // Looked up when asked for: a hundred orders of ten thousand lines each took seconds.
    return [el("details", { ontoggle: (event) => { if (event.currentTarget.open) fill(); } }, el("summary", {}, "Add an item to this order"), el("label", {}, "Find ", text), list)];
  };

  // --- Above the list -----------------------------------------------------------------------------------------------------
  const bar = el("div", { class: "bar", role: "group", "aria-label": "Filter and decide" });
  const count = el("p", { class: "shown", role: "status" });
  const list = el("div");
  const left = el("div");
  const controls = () => {
    const choose = (key, title) => {
      const words = [...new Set(queued.map((row) => row[key]))].filter(Boolean).sort();
      if (words.length < 2) return [];
      const select = el("select", { onchange: () => { state[key] = select.value; state.shown = SHOWN; draw(); } },
        el("option", { value: "" }, "all"), ...words.map((word) => el("option", { value: word, selected: state[key] === word }, word)));
      return [el("label", {}, title, select)];
    };
    const view = el("select", { onchange: () => { state.view = view.value; state.shown = SHOWN; draw(); } },
      el("option", { value: "worth", selected: state.view === "worth" }, "most worth first"), el("option", { value: "supplier", selected: state.view === "supplier" }, "by supplier"));
    const search = el("input", { type: "search", value: state.search, oninput: () => { state.search = search.value; state.shown = SHOWN; draw(); } });
    const open = el("input", { type: "checkbox", checked: state.undecided, onchange: () => { state.undecided = open.checked; draw(); } });
    const undo = el("button", { type: "button", class: "deciding-act", onclick: OP.undo }, "Undo");
    const undoAll = el("button", { type: "button", class: "deciding-act", onclick: OP.undoAll }, "Undo all");
    const all = el("button", { type: "button", class: "deciding-act", onclick: approveShown }, "Approve all shown");
    const filters = [el("label", {}, "Search", search), el("label", {}, "Order", view), ...choose("supplier", "Supplier"), ...choose("location", "Location"), ...choose("category", "Category"),
      el("label", { class: "check" }, open, "Undecided only")];
    // On a phone they would fill the screen before the first line shows.
    bar.replaceChildren(...(NARROW ? [el("details", { class: "filters" }, el("summary", {}, "Filters"), el("div", { class: "bar" }, ...filters))] : filters), all, undo, undoAll, ...OP.decisionBar());
  };
  const approveShown = () => {
    const open = visible().map(rowAt).filter((row) => row.quantity > 0 && !OP.madeOn(row.recommendation_id));
    if (open.length && confirm(`Approve ${counted(open.length, "undecided line")} as proposed?`)) OP.recordAll(open.map(lineOf), OP.approval);
  };
  /// What comes after deciding: what there is of each order, what its minimum lacks, and what makes the orders of it.
  const finish = el("details", { class: "finish" });
  const finishing = () => {
    const decidedOn = lines.filter((row) => !isOpen(row));
    finish.hidden = decidedOn.length === 0;
    if (!decidedOn.length) return;
    const ordered = [...groups(decidedOn.filter((row) => ["approved", "edited"].includes(OP.madeOn(row.recommendation_id).decision)), orderOf).values()];
    const lacks = (rows, total) => {
      const least = suppliers.get(rows[0].supplier)?.min_order_value ?? null;
      return least !== null && total < least ? `, ${money(least - total)} below the least order value: the supplier may refuse it` : "";
    };
    const one = (rows) => {
      const total = rows.reduce((sum, row) => sum + spent(row), 0);
      return el("li", {}, `${rows[0].supplier || "No supplier"}${places ? `, for ${rows[0].location}` : ""}: ${counted(rows.length, "line")}, ${money(total)}${lacks(rows, total)}`);
    };
    const set = decidedOn.length - ordered.flat().length;
    const left = queued.filter(isOpen).length;
    const wasOpen = finish.open;
    finish.replaceChildren(el("summary", {}, `Finish: ${counted(decidedOn.length, "decision")}`),
      el("ul", {}, ...ordered.map(one), ...(set ? [el("li", {}, `${counted(set, "line")} rejected or snoozed`)] : []), ...(left ? [el("li", {}, `${counted(left, "line")} still undecided: proposed again tomorrow`)] : [])),
      el("p", {}, OP.served ? "They are kept as they are taken. Who may then makes the orders of them: " : "Download them, or write them to a folder, then take them in and make the orders of them: "),
      el("pre", {}, OP.served ? "orderpoint export --format generic" : "orderpoint review --decisions decisions.csv\norderpoint export --format generic"),
      el("p", {}, "As proposed this morning, to print or take away: ", el("a", { href: `${OP.root}../orders/orders.xlsx` }, "all draft orders"), ", ", el("a", { href: `${OP.root}../orders/order-by.ics` }, "their days"), ", ",
        el("a", { href: `${OP.root}suppliers.html#draft-orders` }, "each supplier's"), "."));
    finish.open = wasOpen;
  };
  OP.onDecision(() => finishing());
  /// Decisions of earlier nights that were never taken out of this browser.
  const offer = () => {
    const behind = OP.leftBehind();
    const key = (line) => `${poolOf(line)}\n${line.supplier}`;
    const still = new Map(behind.length ? lines.filter((row) => row.waits && isOpen(row)).map((row) => [key(row), row]) : []);
    left.replaceChildren(...behind.map(({ run, decisions }) => {
      const n = Object.keys(decisions).length;
      const again = Object.values(decisions).flatMap((made) => {
        const row = still.get(key(made));
        return row ? [{ line: lineOf(row), made }] : [];
      });
      const carry = () => {
        // An approval holds for what is proposed tonight; the other kinds keep what was said.
        const of = new Map(again.map(({ line, made }) => [line.id, made]));
        OP.recordAll(again.map(({ line }) => line), (line) => {
          const { decision, quantity, until, reason } = of.get(line.id);
          return decision === "approved" ? OP.approval(line) : { decision, quantity, until, reason };
        });
        OP.forget(run);
        offer();
      };
      return el("p", { class: "notice" }, `${counted(n, "decision")} on run ${run} never left this browser. `,
        el("button", { type: "button", onclick: () => { OP.downloadDecisions(run, decisions); offer(); } }, "Download them"), " ",
        el("button", { type: "button", disabled: again.length === 0, onclick: carry }, `Take over the ${again.length} that still wait`), " ",
        el("button", { type: "button", onclick: () => { OP.forget(run); offer(); } }, "Forget them"));
    }));
  };

  /// What the bar says of the lines that match.
  const tally = (rows) => {
    const open = rows.filter(isOpen).length;
    const held = rows.filter((row) => row.quantity === 0 && isOpen(row)).length;
    count.replaceChildren(...(queued.length === 0 ? [] : [
      `${counted(rows.length - held, "line")}, ${whole(rows.reduce((sum, row) => sum + spent(row), 0))}; ${held ? `${write("number", held)} held, waiting for approval; ` : ""}${write("number", open)} undecided.`,
      el("span", { class: "on-screen by-keys" }, " Keys on a line: a approve, e edit, r reject, s snooze, u undo, o more, j and k down and up."),
    ]));
  };
  const gather = () => {
    queued = waiting();
    orders = groups(queued, orderOf);
  };
  /// The totals that a line is part of, as they are now.
  const totals = (row) => {
    tally(queued.filter(matches));
    heads.get(orderOf(row))?.();
  };
  const draw = () => {
    gather();
    finishing();
    heads.clear();
    // With nothing to decide there is nothing to filter, and the sentence above says why.
    bar.hidden = queued.length === 0;
    const rows = queued.filter(matches);
    tally(rows);
    list.replaceChildren(...(rows.length ? (state.view === "worth" ? byWorth(rows) : bySupplier(rows)) : queued.length ? [el("p", {}, "No line matches.")] : []));
    place.dataset.ready = "";
  };
  /// After a decision on a line that stays where it is: the line and the totals anew, not the other ninety.
  const redraw = (row) => {
    const tr = find(row);
    if (!tr || !matches(row) || !(row.waits || !isOpen(row))) return draw();
    if (tr.nextElementSibling?.classList.contains("drawer")) tr.nextElementSibling.remove();
    tr.replaceWith(lineRow(row));
    gather();
    totals(row);
  };
  const fromAddress = () => {
    const fields = new URLSearchParams(location.hash.slice(1));
    for (const key of ["supplier", "location", "category", "status", "search"]) state[key] = fields.get(key) || "";
    state.view = fields.get("view") === "supplier" ? "supplier" : state.view;
    // What no line of the list matches is looked up among all items.
    const none = [...fields].length > 0 && !queued.some(matches);
    if (none) document.getElementById("all-lines").open = true;
  };
  OP.onDecision((id) => {
    const at = document.activeElement?.closest?.("tr[data-line]")?.dataset.line;
    const decided = byId.get(id);
    if (decided) redraw(decided);
    else draw();
    const row = byId.get(at || id);
    if (row && find(row)) focusOn(row);
  });
  OP.onTable("suppliers", (t) => { suppliers = new Map(OP.rowsOf(t).map((row) => [row.supplier, row])); if (lines.length) draw(); });
  OP.onTable("recommendations", (t) => {
    // The dearest to leave first; what is worth the same in the order of the table.
    const gains = t.columns.find((c) => c.key === "gain").values;
    lines = OP.viewsOf(t).sort((a, b) => gains[b.n] - gains[a.n] || a.n - b.n);
    for (const row of lines) {
      byId.set(row.recommendation_id, row);
      const pool = poolOf(row);
      needs.set(pool, (needs.get(pool) || 0) + row.need);
    }
    places = lines.some((row) => row.location !== lines[0].location);
    gather();
    place.append(left, bar, finish, count, list);
    fromAddress();
    controls();
    offer();
    draw();
  });
  window.addEventListener("hashchange", () => { fromAddress(); controls(); draw(); });
  // Nobody can ask a sheet of paper for more.
  window.addEventListener("beforeprint", () => { if (queued.length > state.shown) { state.shown = Math.max(state.shown, PRINTED); draw(); } });
})();
