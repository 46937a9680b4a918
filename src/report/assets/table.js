// The long tables: sorted, filtered, decided on and downloaded, over Tabulator, which draws only the rows in view.
"use strict";

(() => {
  const { el, write, counted } = OP;
  /// Columns with few distinct words get a list to choose from.
  const CHOOSE = ["status", "supplier", "class", "location", "channel", "action", "severity", "kind", "method", "field", "file", "judged", "list", "main"];
  const MARKED = ["status", "action", "severity"];
  const NARROW = window.matchMedia("(max-width: 600px)").matches;
  /// Widths are given, not measured: measuring 30 columns costs a second before the first row shows.
  const WIDE = { name: 240, reason: 420, what: 380, why: 420, cause: 420 };
  const WIDTH = { item: NARROW ? 112 : 130, number: 112, money: 120, "known-money": 120, ratio: 120, percent: 112, date: 126 };
  /// Names of ours, written as words.
  const SPACED = ["kind", "main", "list", "judged", "field"];
  /// Columns that lead to the item that they are about.
  const ABOUT = ["key", "about"];
  /// What a row says is read in full where there are few enough rows to measure.
  const WRAPPED = 2000;
  const FEW_COLUMNS = 12;
  /// As wide as its longest word, within reason: the words are known, so nothing has to be drawn to measure them.
  const widthOf = (c) => {
    const head = c.title.length * 9 + 72;
    if (c.key in WIDE) return WIDE[c.key] / (NARROW ? 1.6 : 1);
    if (!c.words) return Math.max(WIDTH[c.kind], head);
    const longest = c.words.reduce((most, word) => Math.max(most, word.length), 0);
    return Math.max(90, head, Math.min(240, longest * 8.5 + 30));
  };

  /// Columns that fit on upright paper.
  const PRINTED = 13;

  const cellOf = (c) => (cell) => {
    const value = cell.getValue();
    const row = cell.getData();
    if (c.kind === "item") return el("a", { href: OP.itemAddress(row.sku) }, row.sku);
    if (MARKED.includes(c.key)) return OP.status(value);
    if (SPACED.includes(c.key)) return document.createTextNode(OP.words(value));
    if (ABOUT.includes(c.key) && row.sku) return el("a", { href: OP.itemAddress(row.sku) }, value);
    return document.createTextNode(write(c.kind, value));
  };
  const numeric = (c) => ["number", "money", "known-money", "ratio", "percent"].includes(c.kind);
  const byValue = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const byText = byValue;
  const isBlank = (value) => value === null || value === undefined || value === "";
  /// Blank cells stand last whichever way a column is sorted: Tabulator turns the answer round when it sorts down.
  const blanksLast = (a, b, left, right, column, direction) => {
    if (isBlank(a) || isBlank(b)) return (isBlank(a) - isBlank(b)) * (direction === "desc" ? -1 : 1);
    return byValue(a, b);
  };
  const sorter = (c) => (c.kind === "item" ? (a, b, left, right) => byText(left.getData().sku, right.getData().sku) : blanksLast);
  /// The title sorts (its click reaches the header), the question mark explains.
  const head = (title, term) =>
    el("span", {}, el("button", { type: "button", class: "sort" }, title), " ",
      el("a", { class: "explain", href: `glossary.html#${term}`, "aria-label": `What ${title} means`, onclick: (event) => event.stopPropagation() }, "?"));
  const columnOf = (c, width, wraps) => ({
    field: c.key,
    title: c.title,
    titleFormatter: () => head(c.title, c.term),
    formatter: cellOf(c),
    sorter: sorter(c),
    headerSortStartingDir: numeric(c) ? "desc" : "asc",
    hozAlign: numeric(c) ? "right" : "left",
    // On paper, where the grid is a plain table, it is this that sets figures under each other.
    cssClass: numeric(c) ? "number" : wraps && c.key in WIDE ? "wrapped" : undefined,
    frozen: c.kind === "item",
    minWidth: 90,
    width,
    tooltip: (event, cell) => (c.key in WIDE ? document.createTextNode(write(c.kind, cell.getValue())) : ""),
  });

  /// The state a planner can save under a name.
  class Filters {
    constructor(t) {
      this.values = { search: "" };
      this.search = el("input", { type: "search", oninput: () => { this.values.search = this.search.value; this.apply(); } });
      this.selects = {};
      for (const c of t.columns.filter((c) => c.words && CHOOSE.includes(c.key) && c.words.length > 1)) {
        const all = el("option", { value: "" }, "all");
        const words = [...c.words].sort(byText).map((w) => el("option", { value: w }, w === "" ? "(none)" : OP.words(w)));
        this.selects[c.key] = el("select", { onchange: () => { this.values[c.key] = this.selects[c.key].value; this.apply(); } }, all, ...words);
        this.selects[c.key].dataset.title = c.title;
      }
      this.textColumns = t.columns.filter((c) => c.words).map((c) => c.key);
    }
    show(values) {
      this.values = { search: "", ...values };
      this.search.value = this.values.search;
      for (const [key, select] of Object.entries(this.selects)) select.value = this.values[key] || "";
    }
    test(row) {
      for (const key of Object.keys(this.selects)) if (this.values[key] && row[key] !== this.values[key]) return false;
      const text = this.values.search.trim().toLowerCase();
      return !text || this.textColumns.some((key) => row[key].toLowerCase().includes(text));
    }
    apply() { this.onchange?.(); }
  }

  const build = (place, t) => {
    if (t.rows === 0) {
      place.append(el("p", {}, place.dataset.empty || "None."));
      place.dataset.ready = "";
      return;
    }
    const decides = "decide" in place.dataset;
    const filters = new Filters(t);
    const alone = (c) => c.key === "location" && c.words.length < 2;
    const drawn = t.columns.filter((c) => c.kind !== "hidden" && !alone(c));
    const wraps = t.rows <= WRAPPED && drawn.length <= FEW_COLUMNS;
    const widths = drawn.map(widthOf);
    const beyond = () => widths.reduce((sum, width) => sum + width, 2) - place.clientWidth;
    // A little too wide: the sentences give way, down to what still reads well.
    if (wraps && !NARROW) drawn.forEach((c, i) => { if (c.key in WIDE && beyond() > 0) widths[i] = Math.max(c.key === "name" ? 150 : 250, widths[i] - beyond()); });
    const columns = drawn.map((c, i) => ({ ...columnOf(c, widths[i], wraps), print: i < PRINTED }));
    if (decides) {
      // On a phone the figures come first: the item's page is one tap away and has the same control.
      columns.splice(NARROW ? 7 : 1, 0, {
        field: "decision", title: "Decision", width: 150, headerSort: false,
        titleFormatter: () => head("Decision", "decision"),
        formatter: (cell) => { const row = cell.getData(); return row.quantity > 0 || row.waits ? OP.decideButton({ id: row.recommendation_id, ...row }) : ""; },
      });
    }
    const bar = el("div", { class: "bar", role: "group", "aria-label": "Filter and download" });
    const grid = el("div");
    const left = columns.length - PRINTED;
    place.append(bar, ...(left > 0 ? [el("p", { class: "on-paper" }, `On paper without ${counted(left, "further column")}: the page and its CSV have them.`)] : []), grid);
    const table = new Tabulator(grid, {
      data: OP.rowsOf(t),
      columns,
      index: "n",
      height: t.rows > 12 ? Math.max(420, window.innerHeight - 140) : undefined,
      rowHeight: wraps ? undefined : 34,
      renderVerticalBuffer: 340, // ten rows either way
      // Stretched, the last column would be squeezed into what the others leave.
      layout: beyond() > 0 ? "fitData" : "fitDataStretch",
      headerSortElement: '<span aria-hidden="true">&#8597;</span>',
      placeholder: "No line matches.",
      columnDefaults: { resizable: false },
      keybindings: false,
      printAsHtml: true,
      printStyled: false,
      printRowRange: "active",
    });
    table.on("tableBuilt", () => roles(grid));
    controls(place, t, table, filters, bar, decides);
  };

  /// The element that scrolls can be focused, so it is the one that must be the grid's group of rows.
  const roles = (grid) => {
    const holder = grid.querySelector(".tabulator-tableholder");
    grid.removeAttribute("aria-owns");
    holder.setAttribute("role", "rowgroup");
    holder.querySelector(".tabulator-table").setAttribute("role", "none");
  };

  const controls = (place, t, table, filters, bar, decides) => {
    const shown = el("p", { class: "shown", role: "status" });
    const active = () => table.getRows("active").map((row) => row.getData());
    const csv = () => {
      const visible = table.getColumns().filter((c) => c.isVisible() && c.getField() !== "decision").map((c) => t.columns.find((x) => x.key === c.getField()));
      const value = (c, row) => (c.kind === "item" ? row.sku : c.kind === "date" ? row[c.key] === null ? "" : OP.iso(row[c.key]) : row[c.key]);
      OP.download(`${t.name}.csv`, "\ufeff" + OP.csv([visible.map((c) => (c.kind === "item" ? "sku" : c.key)), ...active().map((row) => visible.map((c) => value(c, row)))]));
    };
    // A filter that a link has set is seen, and taken off at one touch.
    const clear = el("button", { type: "button", hidden: true, onclick: () => {
      filters.show({});
      filters.apply();
      if (location.hash.includes("=")) history.replaceState(null, "", location.pathname + location.search);
    } }, "Show all lines");
    const narrowing = [
      ...Object.values(filters.selects).map((select) => el("label", {}, select.dataset.title, select)),
      ...views(t, table, filters),
      el("button", { type: "button", onclick: csv }, "CSV of what is shown"),
    ];
    bar.append(
      el("label", {}, "Search", filters.search),
      // On a phone they would fill the screen before the first line shows.
      ...(NARROW ? [el("details", { class: "more" }, el("summary", {}, "Filters, views, CSV"), el("div", { class: "bar" }, ...narrowing))] : narrowing),
      ...(decides ? [approveShown(active)] : []),
      clear, shown);
    const count = () => {
      const rows = active();
      const sum = decides ? `, ${write("money", rows.reduce((s, r) => s + (r.value || 0), 0))} ${OP.currency} to order` : "";
      const set = Object.entries(filters.values).filter(([, value]) => value);
      clear.hidden = !set.length;
      const by = set.map(([key, value]) => `${key === "search" ? "search" : filters.selects[key]?.dataset.title || key}: ${OP.words(value)}`).join(", ");
      shown.textContent = `${write("number", rows.length)} of ${counted(t.rows, "line")} shown${by ? ` (${by})` : ""}${sum}.`;
    };
    filters.onchange = () => { table.setFilter((row) => filters.test(row)); };
    table.on("dataFiltered", () => setTimeout(count));
    table.on("tableBuilt", () => {
      const linked = fromAddress(filters);
      if (Object.values(filters.values).some(Boolean)) filters.apply();
      count();
      place.dataset.ready = "";
      if (linked) place.parentElement.scrollIntoView();
    });
    window.addEventListener("hashchange", () => {
      if (!fromAddress(filters)) return;
      filters.apply();
      place.parentElement.scrollIntoView();
    });
    if (decides) OP.onDecision((id) => {
      table.getRows("visible").forEach((row) => row.reformat());
      // Whoever works by keyboard goes on where they were.
      if (id) place.querySelector(`[data-line="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
    });
  };

  const approveShown = (active) => {
    const box = el("button", { type: "button", onclick: () => {
      const lines = active().filter((r) => r.quantity > 0 && !OP.madeOn(r.recommendation_id));
      if (lines.length && confirm(`Approve ${counted(lines.length, "undecided line")} as proposed?`)) {
        OP.recordAll(lines.map((r) => ({ id: r.recommendation_id, ...r })), OP.approval);
      }
    } }, "Approve all shown");
    return box;
  };

  /// Filters given in the address, #status=order-now&supplier=ACME; says whether there are any for this table.
  const fromAddress = (filters) => {
    const values = {};
    for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
      if (key in filters.selects || key === "search") values[key] = value;
    }
    const found = Object.keys(values).length > 0;
    if (found) filters.show(values);
    return found;
  };

  const views = (t, table, filters) => {
    const KEY = `orderpoint.views.${t.name}`;
    const choose = el("select", { onchange: () => {
      const view = OP.read(KEY, {})[choose.value];
      filters.show(view?.filters || {});
      filters.apply();
      if (view?.sort?.length) table.setSort(view.sort);
      else table.clearSort(), table.setData(table.getData().sort((a, b) => a.n - b.n));
      remove.disabled = !choose.value;
    } });
    const fill = (name) => {
      const names = Object.keys(OP.read(KEY, {})).sort(byText);
      choose.replaceChildren(el("option", { value: "" }, "everything"), ...names.map((n) => el("option", { value: n, selected: n === name }, n)));
      remove.disabled = !choose.value;
    };
    const save = el("button", { type: "button", onclick: () => {
      const name = prompt("Name of this view", choose.value)?.trim();
      if (!name) return;
      const sort = table.getSorters().map((s) => ({ column: s.field, dir: s.dir }));
      OP.keep(KEY, { ...OP.read(KEY, {}), [name]: { filters: filters.values, sort } });
      fill(name);
    } }, "Save view");
    const remove = el("button", { type: "button", onclick: () => {
      const all = OP.read(KEY, {});
      delete all[choose.value];
      OP.keep(KEY, all);
      fill("");
    } }, "Forget view");
    fill("");
    return [el("label", {}, "View", choose), save, remove];
  };

  document.querySelectorAll("[data-table]").forEach((place) => {
    const folded = place.closest("details:not([open])");
    const draw = () => OP.onTable(place.dataset.table, (t) => build(place, t));
    // A page whose only long table is folded leaves the code that draws it on the disk until then.
    const start = () => (window.Tabulator ? draw() : OP.load("assets/tabulator.min.js").then(draw));
    // A table that nobody sees is not drawn.
    if (folded) folded.addEventListener("toggle", start, { once: true });
    else start();
  });
})();
