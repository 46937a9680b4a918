// The item page: loads the script that holds the item and lays out its facts, charts, arithmetic, orders and channels.
"use strict";

(() => {
  const { el, write, counted } = OP;
  const main = document.getElementById("item");
  const title = document.getElementById("item-title");
  const SVG = "http://www.w3.org/2000/svg";

  const fact = (name, value, term) =>
    el("div", {}, el("dt", {}, term ? el("a", { href: `glossary.html#${term}` }, name) : name), el("dd", {}, value === null || value === undefined || value === "" ? "unknown" : value));
  const facts = (...list) => el("dl", { class: "facts" }, ...list.filter(Boolean));
  const number = (value) => (value === null || value === undefined ? "unknown" : write("number", value));
  const money = (value) => (value === null || value === undefined ? "unknown" : `${write("money", value)} ${OP.currency}`.trim());
  const share = (value) => write("percent", value);
  const day = (value) => write("date", value || null);

  const sheet = (heads, rows, empty) => {
    if (!rows.length) return el("p", {}, empty);
    const cell = (value, i) => (i === 0 ? el("th", { scope: "row" }, value) : el("td", { class: heads[i][1] ? "number" : undefined }, value));
    return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": heads[0][0] },
      el("table", {},
        el("thead", {}, el("tr", {}, ...heads.map(([name, right]) => el("th", { scope: "col", class: right ? "number" : undefined }, name)))),
        el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell))))));
  };

  // --- Charts -------------------------------------------------------------------------------------------------------------
  const svg = (name, attributes, ...children) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      // Colours of the page's theme are only known to its style.
      if (String(value).startsWith("var(")) node.style.setProperty(key, value);
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const nice = (most) => {
    const step = 10 ** Math.floor(Math.log10(most || 1));
    return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((k) => k * step).find((top) => top >= most) || 10 * step;
  };
  const weekOf = (n) => new Date(Date.parse(OP.asOf) + n * 7 * 86400000).toISOString().slice(0, 10);

  /// Weeks from `first` to `last` (0 = the week that starts today) against units; returns the frame and its scales.
  const frame = (first, last, most, label) => {
    // As wide as there is room for, two abreast where they fit, so that letters keep their size.
    const room = main.clientWidth;
    const [width, height, left, bottom] = [Math.min(room > 1000 ? (room - 32) / 2 : room, 760), 210, 46, 22];
    const top = nice(Math.max(most, 1));
    const x = (week) => left + ((week - first) / (last - first)) * (width - left - 8);
    const y = (units) => 8 + (1 - units / top) * (height - bottom - 8);
    // With its own frame of reference it shrinks as a whole where there turns out to be less room, as on paper.
    const root = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    for (const part of [0, 0.5, 1]) {
      root.append(svg("line", { x1: left, x2: width - 8, y1: y(top * part), y2: y(top * part), stroke: "var(--line)" }));
      root.append(svg("text", { x: left - 6, y: y(top * part) + 4, "text-anchor": "end" }, write("number", top * part)));
    }
    const every = Math.ceil(((last - first) * 76) / width);
    const written = (week) => (week === 0 ? "today" : every < 5 ? day(weekOf(week)) : weekOf(week).slice(0, 7));
    for (let week = Math.ceil(first / every) * every; x(week) <= width - 24; week += every) {
      if (x(week) >= left) root.append(svg("text", { x: x(week), y: height - 4, "text-anchor": "middle" }, written(week)));
    }
    return { root, x, y, width, height };
  };
  const line = (f, points, attributes) =>
    svg("polyline", { fill: "none", "stroke-width": 2, points: points.map(([w, v]) => `${f.x(w).toFixed(1)},${f.y(v).toFixed(1)}`).join(" "), ...attributes });
  const key = (...entries) => el("ul", { class: "key" }, ...entries.map(([name, ...marks]) => el("li", {}, svg("svg", { viewBox: "0 0 28 12", "aria-hidden": "true" }, ...marks), name)));
  const stroke = (attributes) => svg("line", { x1: 0, x2: 28, y1: 6, y2: 6, "stroke-width": 2, ...attributes });
  const MARKS = [[1, "out of stock", "M-4,-4 h8 v8 h-8 z", "var(--red)"], [2, "promotion", "M0,-5 L5,4 H-5 z", "var(--green)"], [4, "outlier", "M0,-5 L5,0 L0,5 L-5,0 z", "var(--amber)"]];

  /// Reads the figures of a week off a chart, by pointing or with the arrow keys.
  const reading = (f, first, last, say) => {
    const out = el("p", { class: "read", role: "status" }, "Point at the chart, or use the arrow keys, to read a week.");
    const cursor = svg("line", { y1: 8, y2: f.height - 22, stroke: "var(--ink)", "stroke-dasharray": "2 3", visibility: "hidden" });
    f.root.append(cursor);
    f.root.setAttribute("tabindex", 0);
    let week = 0;
    const at = (next) => {
      week = Math.min(last, Math.max(first, next));
      cursor.setAttribute("visibility", "visible");
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, f.x(week));
      out.textContent = `Week of ${day(weekOf(week))}: ${say(week)}`;
    };
    f.root.addEventListener("pointermove", (event) => {
      const box = f.root.getBoundingClientRect();
      const inside = ((event.clientX - box.left) / box.width) * f.width;
      at(Math.round(first + ((inside - f.x(first)) / (f.x(last) - f.x(first))) * (last - first)));
    });
    f.root.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { event.preventDefault(); at(week + step); }
    });
    return out;
  };

  /// Weeks after which the calendar repeats.
  const YEAR = 52;
  const demandChart = (p) => {
    const n = p.history.length;
    const last = Math.max(p.mean.length - 1, 1);
    const f = frame(-n, last, Math.max(...p.history, ...p.high, 0), "Weekly demand, past and forecast");
    const past = p.history.map((v, i) => [i - n, v]);
    const next = (values) => values.map((v, i) => [i, v]);
    f.root.append(svg("polygon", { fill: "var(--band)", stroke: "none", points: [...next(p.high), ...next(p.low).reverse()].map(([w, v]) => `${f.x(w).toFixed(1)},${f.y(v).toFixed(1)}`).join(" ") }));
    const yearAgo = p.mean.map((_, week) => [week, p.history[n + week - YEAR]]).filter(([, v]) => v !== undefined);
    if (yearAgo.length) f.root.append(line(f, yearAgo, { stroke: "var(--soft)", "stroke-width": 1 }));
    f.root.append(line(f, past, { stroke: "var(--ink)" }), line(f, next(p.mean), { stroke: "var(--blue)", "stroke-dasharray": "6 3" }));
    for (const [bit, , path, fill] of MARKS) {
      past.forEach(([week, v], i) => { if (p.marks.charCodeAt(i) - 48 & bit) f.root.append(svg("path", { d: path, fill, transform: `translate(${f.x(week).toFixed(1)},${f.y(v).toFixed(1)})` })); });
    }
    const say = (week) => {
      const before = p.history[n + week - YEAR];
      const then = before === undefined ? "" : `; a year ago ${counted(before, "unit")}`;
      if (week >= 0) return p.mean[week] === undefined ? "" : `forecast ${number(p.mean[week])} units, likely ${number(p.low[week])} to ${number(p.high[week])}${then}`;
      const marks = MARKS.filter(([bit]) => p.marks.charCodeAt(n + week) - 48 & bit).map(([, name]) => name);
      return `sold ${counted(p.history[n + week], "unit")}${marks.length ? ` (${marks.join(", ")})` : ""}`;
    };
    return el("div", { class: "chart" }, f.root, reading(f, -n, last, say),
      key(["sold", stroke({ stroke: "var(--ink)" })], ["forecast", stroke({ stroke: "var(--blue)", "stroke-dasharray": "6 3" })], ...(yearAgo.length ? [["a year ago", stroke({ stroke: "var(--soft)", "stroke-width": 1 })]] : []), ["80 % of outcomes", svg("rect", { width: 28, height: 12, fill: "var(--band)" })],
        ...MARKS.map(([, name, path, fill]) => [name, svg("path", { d: path, fill, transform: "translate(14,6)" })])));
  };

  const stockChart = (p, policy, available) => {
    const fromToday = (weeks) => [[0, Math.max(available, 0)], ...weeks.map((v, i) => [i + 1, v])];
    const stock = fromToday(p.stock);
    const ordered = p.ordered.length ? fromToday(p.ordered) : [];
    const last = Math.max(stock.length - 1, 1);
    const f = frame(0, last, Math.max(...[...stock, ...ordered].map((s) => s[1]), policy?.reorder || 0), "Projected stock without and with the recommended orders");
    const level = (value, attributes) => f.root.append(line(f, [[0, value], [last, value]], attributes));
    if (policy) {
      level(policy.reorder, { stroke: "var(--amber)", "stroke-dasharray": "8 3" });
      level(policy.safety, { stroke: "var(--red)", "stroke-dasharray": "2 3" });
    }
    const dashed = { stroke: "var(--blue)", "stroke-dasharray": "6 3" };
    if (ordered.length) f.root.append(line(f, ordered, dashed));
    f.root.append(line(f, stock, { stroke: "var(--ink)" }));
    const say = (week) => `${counted(Math.round(stock[week][1]), "unit")} left without new orders${ordered.length ? `, ${write("number", Math.round(ordered[week][1]))} with them` : ""}`;
    return el("div", { class: "chart" }, f.root, reading(f, 0, last, say),
      key(["without new orders", stroke({ stroke: "var(--ink)" })], ...(ordered.length ? [["with those recommended", stroke(dashed)]] : []),
        ...(policy ? [["reorder point", stroke({ stroke: "var(--amber)", "stroke-dasharray": "8 3" })], ["safety stock", stroke({ stroke: "var(--red)", "stroke-dasharray": "2 3" })]] : [])));
  };

  // --- Why this number ----------------------------------------------------------------------------------------------------
  const plain = (name) => name.replaceAll("_", " ");
  const exact = (value) => (value === null ? "unknown" : Number.isInteger(value) ? write("number", value) : String(value));
  /// At most four significant digits behind the point: 157.4, 11.19, 1,386.
  const fourDigits = (value) => {
    const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
    return Number(value.toFixed(Math.max(0, 4 - whole))).toLocaleString("en-US", { maximumFractionDigits: 3 });
  };
  /// As many digits as a planner reads; pointing at it shows all that there are.
  const short = (value) => (value === null || Number.isInteger(value) ? exact(value) : Math.abs(value) < 1 ? String(Number(value.toPrecision(3))) : fourDigits(value));
  const figure = (name, value, unit) => el(name, { title: exact(value) }, unit ? `${short(value)} ${unit}` : short(value));
  const steps = (list) =>
    el("ol", { class: "steps" }, ...list.map(([name, formula, inputs, value, unit, note]) =>
      el("li", {},
        el("strong", {}, plain(name)), " = ", el("code", {}, plain(formula)), " = ", figure("strong", value, unit),
        ...(inputs.length ? [el("br"), el("span", { class: "note" }, "with ", ...inputs.flatMap(([n, v], i) => [i ? ", " : "", `${plain(n)} `, figure("span", v)]))] : []),
        ...(note ? [el("br"), el("span", { class: "note" }, OP.plain(note))] : []))));

  const decision = (item, p, l) => {
    const box = el("div", { class: "decide bar", role: "group", "aria-label": "Decision" });
    const { id, supplier, quantity, pack, smallest, largest, released, choices } = l;
    const line = { id, sku: item.sku, location: p.location, supplier, quantity, pack, smallest, largest, released, choices, order_by: l.order_by ? Math.round(Date.parse(l.order_by) / 86400000) : null };
    const from = supplier ? ` from ${supplier}` : "";
    const says = quantity > 0
      ? [el("strong", {}, `Order ${counted(quantity, "unit")}`), `${from} for ${money(l.value)}.`]
      : [el("strong", {}, "Held: "), `approve it to order ${counted(released, "unit")}${from}.`];
    const show = () => box.replaceChildren(el("p", { class: "shown" }, ...says), el("label", {}, "Decision", OP.decide(line)), ...OP.decisionBar());
    show();
    return [box, show];
  };

  const lineSection = (item, p, l) => {
    const [box, show] = l.quantity > 0 || l.released ? decision(item, p, l) : [el("p", {}, "Nothing to order today."), () => {}];
    const parts = [
      el("h3", {}, "Recommendation", l.supplier ? ` - ${l.supplier}` : ""),
      el("p", {}, OP.status(l.status), ": ", OP.plain(l.reason), l.binding && l.binding !== "approval" ? ` (decided by: ${OP.words(l.binding)})` : ""),
      box,
      facts(fact("Available", number(l.available), "available"), fact("On order", number(l.on_order), "on-order"), fact("Position", number(l.position), "inventory-position"),
        fact("Stock-out date", day(l.out) || (l.available === null ? "unknown" : "beyond the horizon"), "stock-out-date"), fact("Order by", day(l.order_by) || (l.available === null ? "unknown" : "not needed"), "order-by"), fact("Arrives if ordered today", day(l.arrival) || "not ordered", "lead-time"),
        fact("Need", number(l.need), "need"), fact("Order quantity", number(l.quantity), "order-quantity"), fact("Unit cost", money(l.cost), "unit-cost"), fact("Landed cost", money(l.landed), "landed-cost"),
        fact("Order cost", money(l.value), "order-cost"), fact("Margin at risk", money(l.at_risk), "value-at-risk"), fact("Risk until it arrives", share(l.risk), "risk")),
      ...OP.otherQuantities(l.choices || []),
    ];
    const why = l.steps.length ? [el("h3", {}, "Why this number", p.lines.length > 1 ? ` - ${l.supplier}` : ""), steps(l.steps)] : [];
    return { parts, why, show };
  };

  const pool = (item, p, many) => {
    const c = p.class;
    const parts = [];
    const why = [];
    const refresh = [];
    if (many) parts.push(el("h2", { "data-location": p.location }, `At ${p.location}`));
    for (const l of p.lines) {
      const section = lineSection(item, p, l);
      parts.push(...section.parts);
      why.push(...section.why);
      refresh.push(section.show);
    }
    if (item.kit.some((part) => part.left.length)) parts.push(el("p", {}, "Limited by ", scarcest(item, p.location), "."));
    if (p.picture) {
      const available = p.lines[0]?.available ?? p.stock?.on_hand ?? 0;
      parts.push(el("div", { class: "pair" },
        el("div", {}, el("h3", {}, "Demand a week"), demandChart(p.picture)),
        el("div", {}, el("h3", {}, "Projected stock"), p.lines[0]?.available === null ? el("p", {}, "Unknown: nobody has said what is in stock. Bring a stock table.") : stockChart(p.picture, p.policy, available))));
    }
    parts.push(...why);
    if (p.policy) {
      const y = p.policy;
      parts.push(el("h3", {}, "Safety stock and reorder point"),
        facts(fact("Lead time", `${number(y.lead)} days, at most ${number(y.lead_max)}`, "lead-time"), fact("Review every", counted(y.review, "day")),
          fact("Service target", share(y.target), "service-target"), fact("Method", OP.words(y.method), "method"), fact("Safety stock", number(y.safety), "safety-stock"),
          fact("Reorder point", number(y.reorder), "reorder-point"), fact("Order up to", number(y.up_to), "order-up-to"), y.eoq !== null && fact("Economic order quantity", number(y.eoq))),
        el("p", { class: "note" }, `Lead time from ${OP.plain(y.source)}.`),
        ...(y.steps.length && !p.lines.some((l) => l.steps.some(([name]) => name === y.steps[0][0])) ? [steps(y.steps)] : []));
    }
    if (c) {
      parts.push(el("h3", {}, "Classes"),
        facts(fact("Class", c.cell, "class"), fact("Demand pattern", c.pattern), fact("Speed", c.speed), fact("Life", c.lifecycle), fact("Role", c.role + (c.act ? ", act now" : ""), "deadstock"),
          fact("Velocity a day", write("money", c.velocity), "velocity"), fact("Days of cover", c.cover !== null ? number(c.cover) : p.lines[0]?.available === null ? "unknown" : "no sales", "cover"), fact("Revenue a month", money(c.revenue)),
          p.picture && fact("Out of stock in 30 days", counted(p.picture.out_days, "day"), "out-of-stock-days")));
    }
    if (p.stock) {
      const s = p.stock;
      parts.push(el("h3", {}, "Stock this morning"), facts(fact("On hand", number(s.on_hand), "on-hand"), fact("Committed", number(s.committed), "committed"),
        fact("Backordered", number(s.backordered)), fact("Damaged", number(s.damaged)), fact("Returns being checked", number(s.returned))));
    }
    parts.push(el("h3", {}, "Open orders"), sheet([["Order"], ["Supplier"], ["Units", 1], ["Expected"], ["Advice"]], p.orders.map((o) => [o.id, o.supplier, number(o.quantity), day(o.expected) || "unknown", OP.plain(o.advice || "leave it")]), "None."));
    parts.push(el("h3", {}, "Channels"), sheet([["Channel"], ["Share", 1], ["Sold a day", 1], ["Allocated", 1], ["Buffer", 1], ["Published", 1], ["Listed now", 1], ["Action"], ["Oversell risk", 1], ["Forecast method"], ["Why"]],
      p.channels.map((a) => [a.channel, share(a.share), write("money", a.velocity), number(a.allocated), number(a.buffer), number(a.published), a.listed === null ? "unknown" : number(a.listed), OP.status(a.action), a.risk === null ? "unknown" : share(a.risk), OP.plain(`${a.method} ${a.why ? `(${a.why})` : ""}`), OP.plain(a.reason)]),
      "No channel sells from this stock."));
    if (p.changes.length) parts.push(el("h3", {}, "What changed since the last run"), sheet([["Figure"], ["Before", 1], ["Now", 1], ["Why, in units"]],
      p.changes.map((c) => [plain(c.what), OP.words(c.before), OP.words(c.after), OP.plain(c.cause)]), ""));
    parts.push(el("h3", {}, "Decisions and overrides so far"), sheet([["What"], ["Value", 1], ["Until"], ["Reason"], ["By"], ["When"]],
      [...p.decisions.map((d) => [d.decision, d.quantity === null ? "" : number(d.quantity), day(d.until), d.reason, d.author, OP.plain(d.time.replace("T", " ").replace("Z", ""))]),
        ...p.overrides.map((o) => [`override of ${plain(o.field)}`, exact(o.value), day(o.expires), o.reason, o.author, ""]),
        ...(p.adjustments || []).map(([from, to, change, reason, author, expires]) => [`forecast from ${day(from)} to ${day(to)}`, change, day(expires), reason, author, ""])], "None."));
    return { parts, refresh };
  };

  /// Which part of a kit is there for the fewest of it at `place`.
  const scarcest = (item, place) => {
    let found = null;
    for (const part of item.kit) {
      const left = part.left.find(([at]) => at === place)?.[1] ?? 0;
      const kits = Math.floor(left / part.quantity);
      if (!found || kits < found.kits) found = { part, left, kits };
    }
    return found && el("span", {}, el("a", { href: OP.itemAddress(found.part.sku) }, found.part.sku), `: ${write("number", found.left)} there, enough for ${write("number", Math.max(0, found.kits))}`);
  };
  /// Suppliers of the item side by side, the usual one first.
  const offers = (item) => {
    if (!item.offers.length) return [];
    const price = (o) => (o.cost === null ? "as in products" : `${write("money", o.cost)} ${o.currency || OP.currency}`.trim());
    return [el("h2", {}, "Who delivers it"), sheet([["Supplier"], ["Role"], ["To"], ["Price", 1], ["Lead time", 1], ["Least order", 1], ["Pack", 1], ["Most", 1], ["Duty", 1], ["Freight a unit", 1]],
      item.offers.map((o) => [o.supplier, o.role, o.location || "everywhere", price(o), counted(o.lead, "day"), number(o.minimum), number(o.pack), o.most === null ? "no limit" : number(o.most), share(o.duty), `${write("money", o.freight)} ${o.currency || OP.currency}`.trim()]), "")];
  };

  const show = (item) => {
    title.textContent = item.name ? `${item.sku} - ${item.name}` : item.sku;
    document.title = `${item.sku} - ${OP.asOf} - Orderpoint`;
    // Where something is to be ordered comes first: that is what the page is opened for.
    const ordered = (p) => p.lines.reduce((sum, l) => sum + l.quantity, 0);
    const atRisk = (p) => Math.max(0, ...p.lines.map((l) => l.at_risk || 0));
    const sorted = [...item.pools].sort((a, b) => (ordered(b) > 0) - (ordered(a) > 0) || atRisk(b) - atRisk(a));
    const together = (p) => p.lines.reduce((sum, l) => sum + (l.at_risk || 0), 0);
    const stock = (p) => p.stock?.on_hand ?? null;
    const first = (p, what) => p.lines.map((l) => l[what]).filter(Boolean).sort()[0] || null;
    /// One line a place, before the pages of each: where is it, where does it run short.
    const places = item.pools.length < 2 ? [] : [el("h2", {}, "Where it is"), sheet(
      [["Location"], ["On hand", 1], ["On order", 1], ["Sold a day", 1], ["To order", 1], ["Order by"], ["Out on"], ["Margin at risk", 1]],
      sorted.map((p) => [el("a", { href: `${OP.itemAddress(item.sku)}&location=${encodeURIComponent(p.location)}` }, p.location), number(stock(p)), number(p.lines[0]?.on_order),
        p.class ? write("money", p.class.velocity) : "unknown", ordered(p) === 0 && p.lines.some((l) => l.released) ? "held" : number(ordered(p)), day(first(p, "order_by")), day(first(p, "out")), p.lines.some((l) => l.at_risk === null) ? "unknown" : money(together(p))]), "")];
    const pools = sorted.map((p) => pool(item, p, item.pools.length > 1));
    main.replaceChildren(
      facts(fact("Category", item.category), fact("Status", item.status), fact("Unit cost", money(item.cost), "unit-cost"), fact("Price", money(item.price)), item.launched && fact("On sale since", day(item.launched)),
        item.kit.length && fact("Made of", el("span", {}, ...item.kit.flatMap((part, i) => [`${i ? ", " : ""}${part.quantity} x `, el("a", { href: OP.itemAddress(part.sku) }, part.sku)]))), item.successor !== null && fact("Replaced by", el("a", { href: OP.itemAddress(item.successor) }, item.successor))),
      ...(item.without ? [el("p", { class: "notice" }, `A report of so many items leaves out this one's ${item.without}: they stand in the run's tables, and `, el("code", {}, `orderpoint explain ${item.sku}`), " prints them.")] : []),
      ...places,
      ...(item.pools.length || item.without ? pools.flatMap((p) => p.parts) : [el("p", {}, "This item has neither stock nor sales.")]),
      ...offers(item));
    refresh = pools.flatMap((p) => p.refresh);
    main.dataset.ready = item.sku;
  };
  let refresh = [];
  OP.onDecision(() => refresh.forEach((call) => call()));

  /// The item that the address names: `#sku=CODE`, with `&location=PLACE` where one place is meant, or `#CODE`.
  const named = () => {
    const text = location.hash.slice(1);
    const fields = new URLSearchParams(text);
    if (fields.has("sku")) return { sku: fields.get("sku"), location: fields.get("location") };
    const [code] = text.split("&location=");
    try { return { sku: decodeURIComponent(code), location: fields.get("location") }; } catch { return { sku: code }; }
  };
  const open = async () => {
    const { sku, location: place } = named();
    if (!sku) return;
    try {
      show(await OP.item(sku));
      if (place) [...main.querySelectorAll("h2")].find((h) => h.dataset.location === place)?.scrollIntoView();
    } catch (error) {
      main.replaceChildren(el("p", { role: "alert" }, `This item cannot be shown: ${error.message}.`));
    }
  };
  window.addEventListener("hashchange", open);
  open();
})();
