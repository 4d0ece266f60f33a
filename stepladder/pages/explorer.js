/* The row explorer: every held-out row with every rung's answer, filtered, sorted, opened and compared.
   Data: {rungs, primary, rows: [{id, slice, prompt, reference, outputs: {rung: {output, score, status, ...}}}]}, and if
   known `chosen` (a rung) and `right` (the score from which an answer counts as right, 0.5). */
(async () => {
  const { h, shown, key, copy, help, stops } = kit;
  const mount = document.getElementById("explorer"), source = document.getElementById("row-data");
  if (!mount || !source) return;
  const PAGE = 200, CUT = 20000, EPS = 1e-9;

  async function load() {
    const read = JSON.parse(source.textContent);
    if (!source.dataset.packed) return read;
    const bytes = Uint8Array.from(atob(read), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }
  let data;
  try {
    data = await load();
  } catch (error) {
    mount.replaceChildren(h("p.notice.warn", "The rows in this file cannot be read: " + error.message));
    return;
  }

  /* Rows with what the list needs of them. */
  const rungs = data.rungs, right = data.right ?? 0.5;
  const won = rungs.indexOf(data.chosen), chosen = rungs[won], below = rungs[won - 1];
  const written = (value) => typeof value === "string" ? value : value == null ? "" : Array.isArray(value)
    ? value.map((turn) => turn && turn.content !== undefined ? `${turn.role}: ${written(turn.content)}` : written(turn)).join("\n\n")
    : JSON.stringify(value);
  const answer = (row, rung) => row.outputs?.[rung];
  const scoreOf = (row, rung) => {
    const found = answer(row, rung), told = ["ok", "refused", undefined].includes(found?.status);
    const value = found?.score ?? (told ? found?.metrics?.[data.primary] : null);
    return typeof value === "number" ? value : typeof value === "boolean" ? +value : null;
  };
  const rows = data.rows.map((row, index) => {
    const scores = rungs.map((rung) => scoreOf(row, rung)), known = scores.filter((score) => score !== null);
    const prompt = written(row.prompt);
    return {
      row, index, scores, prompt, id: String(row.id), first: prompt.trim().split("\n", 1)[0].slice(0, 300),
      spread: known.length > 1 ? Math.max(...known) - Math.min(...known) : null,
      wrong: known.length > 0 && known.every((score) => score < right),
      failed: rungs.some((rung) => answer(row, rung)?.status === "error"),
      lost: won > 0 && scores[won] !== null && scores[won - 1] !== null && scores[won] < scores[won - 1] - EPS,
      seconds: rungs.reduce((sum, rung) => sum + (answer(row, rung)?.seconds ?? 0), 0),
    };
  });
  const chips = [
    { name: "all", says: "every row", test: () => true },
    { name: "differ", says: "rungs score differently", test: (each) => each.spread > EPS },
    below && { name: "regressions", says: `${chosen} scores lower than ${below}`, test: (each) => each.lost },
    { name: "all wrong", says: `no rung reaches ${right}`, test: (each) => each.wrong },
    { name: "errors", says: "a rung failed on this row", test: (each) => each.failed },
  ].filter(Boolean);

  const state = { chip: chips[0], slice: "", sort: "index", down: false, limit: PAGE, view: rows, at: -1, diff: true, base: "reference" };
  const haystack = (each) => each.text ??= [each.id, each.row.slice, each.prompt, written(each.row.reference),
    ...rungs.map((rung) => written(answer(each.row, rung)?.output))].join("\n").toLowerCase();

  /* The list. */
  const search = h("input", { type: "search", placeholder: "Search prompts, references, outputs", "aria-label": "Search rows", oninput: later(filter) });
  const slices = [...new Set(rows.map((each) => each.row.slice).filter((slice) => slice != null && slice !== ""))].sort();
  const slice = choice("Slice", [["", "all"], ...slices], (value) => { state.slice = value; filter(); });
  const sort = choice("Sort", [["index", "file order"], ["spread", "spread, wide first"], ["seconds", "time, slow first"],
    ...rungs.map((rung) => ["=" + rung, `${rung}, low first`])], (value) => order(value, /^s/.test(value)));
  const buttons = chips.map((chip) => h("button.chip", { title: chip.says, "aria-pressed": chip === state.chip,
    onclick: () => pick(chip) }, chip.name, h("b", rows.filter(chip.test).length)));
  const tally = h("p.tally", { role: "status" }), body = h("tbody");
  const more = h("button", { onclick: () => { state.limit += PAGE; draw(); } }, `Show ${PAGE} more`);
  const none = h("p.empty", "No row matches. ", h("button", { onclick: reset }, "Clear search and filters"));
  const columns = [["index", "Row"], [null, "Prompt"], ...rungs.map((rung) => ["=" + rung, rung]), ["spread", "Spread"]];
  const heads = columns.map(([by, name]) => h("th", { scope: "col", "data-by": by, class: (name === chosen ? "won" : "") + (name.length > 14 ? " long" : "") },
    by ? h("button", { onclick: () => order(by, state.sort === by ? !state.down : by === "spread") }, breakable(name)) : name));
  const box = h("div.scroll.list", { role: "region", "aria-label": "Held-out rows" },
    h("table", h("thead", h("tr", heads)), body));
  mount.replaceChildren(data.note ? h("p.notice.warn", data.note) : "",
    h("div.tools", { role: "group", "aria-label": "Filters" }, buttons),
    h("div.tools", search, slices.length > 1 ? slice : "", sort,
      h("button", { onclick: download }, "Download rows (JSONL)"),
      h("button", { onclick: help }, "Keys: ?")), tally, box, none, more);

  function choice(name, options, act) {
    const select = h("select", { onchange: () => act(select.value) }, options.map((option) => {
      const [value, text = value] = [].concat(option);
      return h("option", { value }, text);
    }));
    return h("label", name, select);
  }
  function breakable(name) {
    return name.split(/(?<=[_:/-])/).map((part) => [part, h("wbr")]);
  }
  function later(act) {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(act, 90); };
  }
  function pick(chip) {
    state.chip = chip;
    buttons.forEach((each, index) => each.setAttribute("aria-pressed", String(chips[index] === chip)));
    filter();
  }
  function reset() {
    search.value = state.slice = slice.lastChild.value = "";
    pick(chips[0]);
    search.focus();
  }
  function order(by, down) {
    state.sort = by;
    state.down = down;
    sort.lastChild.value = by;
    filter();
  }
  function rank(each) {
    if (!state.sort.startsWith("=")) return each[state.sort];
    return each.scores[rungs.indexOf(state.sort.slice(1))];
  }
  function filter() {
    const query = search.value.trim().toLowerCase(), turn = state.down ? -1 : 1;
    state.view = rows.filter((each) => state.chip.test(each) && (!state.slice || each.row.slice === state.slice)
      && (!query || haystack(each).includes(query)));
    state.view.sort((a, b) => {
      const x = rank(a), y = rank(b);
      return x === y || (x == null && y == null) ? a.index - b.index : x == null ? 1 : y == null ? -1 : (x - y) * turn;
    });
    state.limit = PAGE;
    state.at = -1;
    draw();
  }
  function draw() {
    body.replaceChildren(...state.view.slice(0, state.limit).map(line));
    heads.forEach((head) => head.dataset.by === state.sort
      ? head.setAttribute("aria-sort", state.down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
    tally.textContent = `${count(state.view.length)} of ${count(rows.length)} rows` + (state.chip === chips[0] ? "" : ": " + state.chip.says);
    none.hidden = state.view.length > 0;
    box.hidden = !none.hidden;
    more.hidden = state.view.length <= state.limit;
    stops();
  }
  function line(each, at) {
    const open = h("button.open", each.id);
    return h("tr", { onclick: () => show(at), onfocusin: () => { state.at = at; } },
      h("th", { scope: "row", class: "id" }, open), h("td.first", h("span", { dir: "auto" }, each.first || "(empty)")),
      rungs.map((rung, index) => cell(rung, answer(each.row, rung), each.scores[index])), h("td.cell", { "data-label": "spread" }, number(each.spread)));
  }
  function cell(rung, found, score) {
    const [kind, ...told] = sign(found, score);
    return h("td.cell." + kind + (rung === chosen ? ".won" : ""), { "data-label": rung }, told);
  }
  /* A class for the mark, then the mark: shape, figure, and the word for it. */
  function sign(found, score) {
    const as = (glyph, kind, word) => [kind, h("i", { "aria-hidden": true }, glyph), score === null ? word : [number(score), h("span.vh", " " + word)]];
    if (!found || found.status === "not_applicable") return as("–", "off", "n/a");
    if (found.status === "error") return as("!", "fail", "error");
    if (score === null) return as("–", "off", found.status || "no score");
    return score >= right ? as("✓", "good", "right") : as("✗", "bad", "wrong");
  }
  const count = (value) => value.toLocaleString("en");
  const number = (value) => value == null ? "–" : value.toFixed(2).replace("-", "−");
  function download() {
    const text = data.rows.map((row) => JSON.stringify(row)).join("\n") + "\n";
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" })), download: "rows.jsonl" });
    link.click();
  }

  /* The open row. */
  const title = h("h2", { id: "drawer-title", tabindex: "-1" }), inside = h("div");
  const against = choice("Compare with", ["reference", ...rungs], (value) => { state.base = value; fill(); });
  const marks = h("button", { onclick: toggle }, "Word diff");
  const drawer = h("dialog.drawer", { "aria-labelledby": "drawer-title", onclose: closed },
    h("header", title, against, marks,
      h("button", { "aria-label": "Previous row", onclick: () => move(-1) }, "↑"),
      h("button", { "aria-label": "Next row", onclick: () => move(1) }, "↓"),
      h("button", { onclick: (event) => copy(location.href, event.target) }, "Copy link"),
      h("button", { onclick: () => drawer.close() }, "Close")), inside);
  mount.append(drawer);

  function address(id) {
    const bare = location.href.split("#")[0];
    try {
      history.replaceState(null, "", id === null ? bare : `${bare}#row=${encodeURIComponent(id)}`);
    } catch { /* a lone surrogate in an id cannot stand in an address */ }
  }
  function show(at) {
    if (!state.view[at]) return;
    state.at = state.open = at;
    while (at >= state.limit) state.limit += PAGE;
    fill();
    address(state.view[at].id);
    if (!drawer.open) drawer.showModal();
    drawer.scrollTop = 0;
    title.focus();
  }
  function closed() {
    address(null);
    if (body.children.length <= state.open) draw();
    focusRow(state.open);
  }
  function focusRow(at) {
    const open = body.children[at]?.querySelector(".open");
    open?.focus();
    open?.scrollIntoView({ block: "nearest" });
  }
  function move(by) {
    const to = Math.min(state.view.length - 1, Math.max(0, state.at + by));
    if (drawer.open) return show(to);
    if (to >= state.limit) { state.limit += PAGE; draw(); }
    focusRow(to);
  }
  function toggle() {
    state.diff = !state.diff;
    fill();
  }
  function fill() {
    const each = state.view[state.at], { row } = each, reference = written(row.reference);
    title.replaceChildren(...shown(each.id), h("small", [row.slice, `${state.at + 1} of ${state.view.length}`].filter(Boolean).join(" · ")));
    marks.setAttribute("aria-pressed", String(state.diff));
    marks.textContent = "Word diff: " + (state.diff ? "on" : "off");
    against.lastChild.value = state.base;
    const base = state.base === "reference" ? reference : written(answer(row, state.base)?.output);
    const part = (name, text) => h("div", h("h3", name), long(text, "text quote"));
    inside.replaceChildren(h("div.pair", part("Prompt", each.prompt), reference ? part("Reference", reference) : null),
      h("div.outputs", rungs.map((rung, index) => card(rung, answer(row, rung), each.scores[index], base))));
  }
  function card(rung, found, score, base) {
    const [kind, ...told] = sign(found, score), head = h("h3", rung, h("span." + kind, told));
    if (!found) return h("article", head);
    const others = Object.entries(found.metrics ?? {}).filter(([name, value]) => name !== data.primary && typeof value === "number");
    const meta = [found.status !== "ok" && found.status,
      found.tokens_in != null && `${found.tokens_in} → ${found.tokens_out ?? "–"} tokens`,
      found.seconds != null && found.seconds.toPrecision(3) + " s",
      ...others.map(([name, value]) => `${name} ${number(value)}`)].filter(Boolean).join(" · ");
    const text = written(found.output), compared = state.diff && rung !== state.base && base && found.status !== "error";
    const changes = compared && diff(base, text);
    const passages = (found.retrieved ?? []).map((passage) => h("li", long(written(passage.text ?? passage), "text")));
    return h("article", { class: rung === chosen ? "chosen" : null }, head, meta ? h("p.meta", meta) : null,
      compared && !changes ? h("p.meta", "Too long to compare word by word.") : null,
      changes ? h("p.text", { dir: "auto" }, changes) : long(text, "text"),
      passages.length ? h("details", h("summary", `${passages.length} retrieved`), h("ol", passages)) : null);
  }
  function long(text, kind) {
    if (text.length <= CUT) return h("p", { class: kind, dir: "auto" }, text || "(empty)");
    const all = h("button", { onclick: () => part.replaceChildren(...shown(text)) }, `Show all (${count(Math.ceil(text.length / 1000))} kB)`);
    const part = h("p", { class: kind, dir: "auto" }, text.slice(0, CUT), "… ", all);
    return part;
  }

  /* Word diff: the longest common run of words; null when the texts are too long for it. */
  const words = (text) => text.match(/\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Thai}|[\p{L}\p{M}\p{N}_]+|\s+|./gsu) ?? [];
  function diff(from, to) {
    if (from.length > CUT || to.length > CUT) return null;
    const a = words(from), b = words(to);
    let start = 0, end = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start++;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    const x = a.slice(start, a.length - end), y = b.slice(start, b.length - end), wide = y.length + 1;
    if (x.length * y.length > 6e6) return null;
    const best = new Uint16Array((x.length + 1) * wide);
    for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) {
      best[i * wide + j] = x[i] === y[j] ? best[(i + 1) * wide + j + 1] + 1 : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
    }
    const runs = [];
    const add = (kind, word) => { const last = runs.at(-1); if (last?.[0] === kind) last[1] += word; else runs.push([kind, word]); };
    a.slice(0, start).forEach((word) => add("same", word));
    let i = 0, j = 0;
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) { add("same", x[i]); i++; j++; }
      else if (j >= y.length || (i < x.length && best[(i + 1) * wide + j] >= best[i * wide + j + 1])) add("del", x[i++]);
      else add("ins", y[j++]);
    }
    a.slice(a.length - end).forEach((word) => add("same", word));
    return gathered(runs).map(([kind, text]) => kind === "same" ? text : h(kind, text));
  }
  /* Changes with only spaces or stops between them read as one: what went, then what came. */
  function gathered(runs) {
    const kept = [];
    let gone = "", come = "";
    const flush = () => {
      if (gone) kept.push(["del", gone]);
      if (come) kept.push(["ins", come]);
      gone = come = "";
    };
    runs.forEach(([kind, text], index) => {
      if (kind === "del") gone += text;
      else if (kind === "ins") come += text;
      else if ((gone || come) && index < runs.length - 1 && /^[\s\p{P}]*$/u.test(text)) { gone += text; come += text; }
      else { flush(); kept.push([kind, text]); }
    });
    flush();
    return kept;
  }

  /* Keys, in the order of the help. */
  const regressions = chips.find((chip) => chip.name === "regressions");
  key("j", "next row", () => move(1));
  key("k", "previous row", () => move(-1));
  key("Enter", "open the row", (event) => {
    if (drawer.open || event.target.closest("button, a, summary, [role=listitem]") || state.at < 0) return false;
    show(state.at);
  });
  key("Escape", "close; leave the search", (event) => {
    if (event.target !== search) return false;
    search.blur();
    focusRow(Math.max(0, state.at));
  });
  if (regressions) key("r", "only the regressions, or all again", () => { if (!drawer.open) pick(state.chip === regressions ? chips[0] : regressions); });
  key("/", "search", () => { if (!drawer.open) search.focus(); });
  key("d", "word diff on or off in an open row", () => { if (drawer.open) toggle(); });

  function follow() {
    let id = /^#row=(.*)$/.exec(location.hash)?.[1];
    if (id === undefined) return;
    try { id = decodeURIComponent(id); } catch { /* take it as it stands */ }
    const find = () => state.view.findIndex((each) => each.id === id);
    if (find() < 0) reset();
    const at = find();
    if (at >= 0) show(at);
    else tally.textContent = `There is no row ${id} in this file.`;
  }
  filter();
  addEventListener("hashchange", follow);
  follow();
})();
