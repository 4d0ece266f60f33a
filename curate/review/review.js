/* The review: a queue at the left, one row in the middle, why it is here at the right, the decision below.
   Data: {rows: [{fingerprint, id, kind, group, row, reasons, codes, repairs, pair, others}], changes, since, next, later}. */
(async () => {
  const { h, key, help, copy } = kit;
  const CUT = 20000, source = document.getElementById("row-data"), banner = document.getElementById("banner");
  const WORDS = { accept: "accepted", edit: "edited", reject: "rejected", skip: "skipped" };
  const GLYPHS = { accept: "✓", edit: "✎", reject: "✗", skip: "…" };

  async function load() {
    const read = JSON.parse(source.textContent);
    if (!source.dataset.packed) return read;
    const bytes = Uint8Array.from(atob(read), (char) => char.charCodeAt(0));
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  }
  const data = await load();
  const written = (content) => typeof content === "string" ? content : content == null ? "" : JSON.stringify(content, null, 1);
  const fill = (box, ...children) => box.replaceChildren(...h("div", children).childNodes);
  const isSystem = (turn) => turn.role === "system" || turn.role === "developer";
  const fields = (row) => ["completion", "chosen", "rejected"].filter((name) => row[name]);
  const rows = data.rows.map((row, index) => ({ ...row, index,
    first: (row.row.prompt.filter((turn) => turn.role === "user").map((turn) => written(turn.content)).pop() ?? "").trim().slice(0, 200) }));
  const byPrint = new Map(rows.map((each) => [each.fingerprint, each]));
  const haystack = (each) => each.text ??= [each.id, ...["prompt", ...fields(each.row)].flatMap((name) => each.row[name].map((turn) => written(turn.content))),
    ...each.reasons.map((reason) => `${reason.code} ${reason.detail}`)].join("\n").toLowerCase();

  /* Decisions: the log as the server has it, and what this page has sent since. The last one of a row stands. */
  let log = data.changes, since = data.since, sending = [], busy = false;
  let stacks = new Map();
  function replay() {
    stacks = new Map();
    for (const one of [...log, ...sending.flatMap((each) => each.changes)]) {
      if (!stacks.has(one.fingerprint)) stacks.set(one.fingerprint, []);
      const stack = stacks.get(one.fingerprint);
      if (one.action === "undo") stack.pop();
      else stack.push(one);
    }
  }
  const standing = (each) => stacks.get(each.fingerprint)?.at(-1);
  function status(each) {
    const one = standing(each);
    if (!one) return "";
    if (one.action === "skip" || one.action === "reject") return one.action;
    return each.codes.every((code) => one.codes.includes(code)) ? one.action : "";
  }
  const isDone = (each) => !["", "skip"].includes(status(each));

  const started = Date.now();
  let made = 0;
  function decide(each, action, more = {}) {
    const list = [].concat(each), op = crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now();
    const request = { op, action, fingerprints: list.map((one) => one.fingerprint), ...more };
    const changes = list.map((one) => ({ fingerprint: one.fingerprint, action, op, codes: one.codes, by: "you", at: "" }));
    sending.push({ request, changes });
    if (action !== "undo") made += list.length;
    replay();
    send();
  }
  /* One request at a time and in order; the page has moved on already. */
  async function send() {
    document.getElementById("review").setAttribute("aria-busy", String(sending.length > 0));
    if (busy || !sending.length) return;
    busy = true;
    try {
      const answer = await fetch("decide", { method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...sending[0].request, since }) });
      const told = await answer.json();
      if (answer.status === 400) {
        sending.shift();
        warn("Not done: " + told.error);
      } else if (!answer.ok) {
        throw new Error(told.error);
      } else {
        sending.shift();
        take(told);
        banner.hidden = true;
      }
      busy = false;
      replay();
      draw();
      send();
    } catch (error) {
      const count = `${sending.length} ${sending.length === 1 ? "decision is" : "decisions are"} not saved`;
      warn(error instanceof TypeError ? `The server has stopped and ${count}. Start \`stepladder review\` again, and decide once more.`
        : `${count} yet, and will be sent again: ${error.message}.`);
      setTimeout(() => { busy = false; send(); }, 2000);
    }
  }
  function take(told) {
    if (told.again) log = [];
    log = log.concat(told.changes);
    since = told.since;
  }
  function warn(text) {
    banner.textContent = text;
    banner.hidden = false;
  }
  async function catchUp() {
    if (busy || sending.length || editing) return;
    try {
      const told = await (await fetch("changes?since=" + since)).json();
      if (!told.changes.length || busy || sending.length) return;
      take(told);
      replay();
      draw();
    } catch { /* the next decision will tell */ }
  }
  addEventListener("focus", catchUp);
  addEventListener("beforeunload", (event) => { if (sending.length) event.preventDefault(); });

  /* The queue. */
  const isHeld = (each) => each.group === "held" || (each.group === "decided" && !status(each));
  const views = {
    held: ["to decide", (each) => isHeld(each) && !status(each)],
    skip: ["skipped", (each) => status(each) === "skip"],
    repaired: ["repaired", (each) => each.group === "repaired" && !status(each)],
    spot: ["spot check", (each) => each.group === "spot" && !status(each)],
    done: ["decided", isDone],
    all: ["all", () => true],
  };
  let view = "held", at = null, shownRows = [], editing = false;
  const drafts = new Map();
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search rows", oninput: () => { refresh(); pick(shownRows[0]); } });
  const codes = [...new Set(rows.flatMap((each) => each.codes))].sort();
  const reason = h("select", { "aria-label": "Reason", onchange: () => { refresh(); pick(shownRows[0]); } });
  const chips = Object.entries(views).map(([name, [title]]) => h("button.chip", { onclick: () => { show(name); } }, title, h("b")));
  const bulk = h("button.bulk", { onclick: askBulk }), list = h("ol.rows", { "aria-label": "Rows" });
  const card = h("article.card", { id: "card", tabindex: "-1" }), why = h("aside.why", { "aria-label": "Why this row is here" });
  const live = h("p.vh", { role: "status" }), bar = h("footer.decide", { "aria-label": "Decision" });
  const side = h("details.side", { open: innerWidth > 820 ? "" : null }, h("summary", "Rows"), h("div.filters", chips), h("div.filters", search, reason), bulk, list);
  document.getElementById("review").replaceChildren(h("nav.queue", { "aria-label": "Queue" }, side), card, why);
  document.body.append(bar, live);
  document.getElementById("keys").addEventListener("click", help);

  const fits = (each) => views[view][1](each) && (!reason.value || each.codes.includes(reason.value));
  function refresh() {
    const wanted = search.value.trim().toLowerCase();
    shownRows = rows.filter((each) => fits(each) && (!wanted || haystack(each).includes(wanted)));
  }
  function show(name) {
    view = name;
    refresh();
    pick(shownRows[0]);
  }
  function pick(each, focus = false) {
    at = each ?? null;
    editing = false;
    draw();
    if (focus) card.focus({ preventScroll: true });
    if (focus) scrollTo(0, 0);
  }
  function move(step) {
    const here = shownRows.indexOf(at);
    const to = here < 0 ? shownRows[0] : shownRows[Math.min(shownRows.length - 1, Math.max(0, here + step))];
    if (to) pick(to, true);
  }

  function draw() {
    refresh();
    chips.forEach((chip, index) => {
      const [name, [, test]] = Object.entries(views)[index];
      chip.setAttribute("aria-pressed", String(view === name));
      const count = rows.filter(test).length;
      chip.lastChild.textContent = count;
      chip.hidden = !count && view !== name && name !== "held";
    });
    const counts = new Map(codes.map((code) => [code, rows.filter((each) => views[view][1](each) && each.codes.includes(code)).length]));
    const chosen = reason.value;
    reason.replaceChildren(h("option", { value: "" }, "every reason"), ...codes.filter((code) => counts.get(code) || code === chosen)
      .map((code) => h("option", { value: code }, `${code} (${counts.get(code)})`)));
    reason.value = chosen;
    bulk.hidden = alike().length < 2;
    bulk.textContent = `Accept all ${alike().length}…`;
    const inside = list.contains(document.activeElement);
    list.replaceChildren(...shownRows.map((each) => h("li", h("button", { "aria-current": each === at ? "true" : null, onclick: () => pick(each, true) },
      h("i." + (status(each) || "open"), { title: WORDS[status(each)] ?? "open" }, GLYPHS[status(each)] ?? "○"),
      h("span.name", each.id), h("span.tag", each.codes.join(", ")), h("span.line", each.first)))));
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    if (inside) list.querySelector("[aria-current]")?.focus();
    drawProgress();
    if (!editing) drawRow();
    drawBar();
  }
  function drawProgress() {
    const held = rows.filter(isHeld), done = held.filter(isDone).length, left = held.length - done;
    const minutes = made >= 5 && left ? Math.ceil((Date.now() - started) / 60000 / made * left) : 0;
    const text = held.length ? `${done} of ${held.length} decided` : "nothing is held";
    document.getElementById("progress").textContent = text + (minutes ? `, about ${minutes} min left` : "");
    document.title = `${done}/${held.length} · ${document.querySelector("h1").textContent}`;
  }

  /* The row. */
  const marked = (parts) => parts.map(([how, text]) => how === "same" ? text : how === "in" ? h("ins", text) : h("del", text));
  function text(content) {
    const whole = written(content);
    if (whole.length <= CUT) return h("p.text", { dir: "auto" }, whole);
    const box = h("p.text", { dir: "auto" }, whole.slice(0, CUT));
    const more = h("button", { onclick: () => { box.replaceChildren(...kit.shown(whole)); more.remove(); } },
      `Show all (${Math.ceil(whole.length / 1000)} kB)`);
    return [box, more];
  }
  function compared(parts, plain) {
    return parts ? h("p.text", { dir: "auto" }, marked(parts)) : [h("p.meta", "Too long to be compared word by word."), text(plain)];
  }
  function turns(name, list) {
    return list.map((turn, index) => {
      if (isSystem(turn)) return h("details", h("summary", "System turn"), text(turn.content));
      const rest = Object.keys(turn).filter((each) => each !== "role" && each !== "content" && turn[each] != null);
      const editable = editing && typeof turn.content === "string";
      const label = list.filter((other) => !isSystem(other)).length > 1 ? turn.role : "";
      return [label && h("h3", label), editable ? area(`${name}.${index}`, turn.content) : text(turn.content),
        rest.map((each) => [h("h3", each), text(turn[each])])];
    });
  }
  function area(place, content) {
    const draft = drafts.get(at.fingerprint) ?? {};
    const box = h("textarea", { "aria-label": place.replace(".0", "").replace(".", ", turn "), "data-place": place, dir: "auto", oninput: () => {
      drafts.set(at.fingerprint, { ...drafts.get(at.fingerprint), [place]: box.value });
      grow(box);
    } });
    box.value = draft[place] ?? content;
    return box;
  }
  function grow(box) {
    box.style.height = "auto";
    box.style.height = Math.min(box.scrollHeight + 4, 600) + "px";
  }
  function drawRow() {
    if (!at) {
      fill(card, finished());
      why.replaceChildren();
      return;
    }
    const one = standing(at), row = !editing && one?.action === "edit" && one.edited || at.row, place = shownRows.indexOf(at);
    const state = status(at);
    const names = fields(row), pair = names.length > 1;
    card.classList.toggle("pair-row", pair);
    fill(card,
      h("header.rowhead", h("h2", at.id), h("span.meta", [place >= 0 ? `${place + 1} of ${shownRows.length}` : "", at.where].filter(Boolean).join(" · ")),
        state && h("span.badge." + state, `${GLYPHS[state]} ${WORDS[state]}${one.by && one.by !== "you" ? " by " + one.by : ""}`)),
      h("section.prompt", h("h2", "Prompt"), turns("prompt", row.prompt)),
      h("div.answers", names.map((name) => h("section." + name, h("h2", name === "completion" ? at.row.label === false ? "Response (labelled bad)" : "Response" : name),
        turns(name, row[name])))),
      pair && !editing && at.pair && row === at.row ? h("details.words", { open: "" }, h("summary", "From rejected to chosen, word by word"), compared(at.pair, "")) : "",
      row !== at.row && one.parts ? h("section", h("h2", "What you changed"), Object.entries(one.parts).map(([name, parts]) =>
        parts?.every(([how]) => how === "same") ? "" : [h("h3", name), compared(parts, "")])) : "",
      row.tools ? h("details", h("summary", "Tools"), text(row.tools)) : "",
      row.metadata ? h("details", h("summary", "Metadata"), text(row.metadata)) : "");
    drawWhy();
  }
  function drawWhy() {
    const asked = at.reasons.filter((each) => each.action !== "note"), noted = at.reasons.filter((each) => each.action === "note");
    const told = (each) => h("li", h("code", each.code), " ", each.detail,
      typeof each.value === "number" && each.threshold != null ? h("span.meta", ` measured ${each.value}, limit ${each.threshold}`) : "",
      each.action === "fix" ? h("span.meta", " repaired") : "");
    fill(why,
      h("h2", "Why it is here"), h("ul.reasons", asked.map(told)),
      at.group === "spot" ? h("p", "Nothing speaks against it: it was drawn at random from the rows that are kept, to see whether these are sound.") : "",
      noted.length ? [h("h3", "Also noted"), h("ul.reasons", noted.map(told))] : "",
      Object.entries(at.repairs ?? {}).map(([name, parts]) => [h("h3", `Repaired: ${name}`), h("div.quote", compared(parts, at.row[name].map((turn) => written(turn.content)).join("\n")))]),
      at.others.map((other) => h("section.other", h("h3", `Compared with ${other.id}`),
        h("p.meta", [other.codes.join(", "), { keep: "kept", fixed: "kept, repaired", review: "held too", drop: "dropped" }[other.verdict], other.split].filter(Boolean).join(" · ")),
        byPrintOf(other.id) && h("p", h("button", { onclick: () => { view = "all"; search.value = reason.value = ""; refresh(); pick(byPrintOf(other.id), true); } }, "Go to it")),
        h("p.legend", h("del", "only there"), " ", h("ins", "only here")),
        h("h4", "Prompt"), h("div.quote", compared(other.prompt, other.row.prompt.map((turn) => written(turn.content)).join("\n"))),
        h("h4", "Response"), h("div.quote", compared(other.answer, (other.row.chosen ?? other.row.completion).map((turn) => written(turn.content)).join("\n"))))));
  }
  const byPrintOf = (id) => rows.find((each) => each.id === id && each.group !== "decided");
  function finished() {
    const held = rows.filter(isHeld), open = held.filter((each) => !isDone(each)), done = rows.filter(isDone);
    const command = h("pre", h("code", data.next)), press = h("button.copy", { onclick: () => copy(data.next, press) }, "Copy");
    const next = [h("p", "Stop the review with Ctrl-C in the terminal, then run:"), h("div.code", command, press)];
    const counts = Object.entries(WORDS).map(([name, word]) => `${rows.filter((each) => status(each) === name).length} ${word}`).join(", ");
    if (search.value || reason.value) return [h("p.empty", "No row matches. ", h("button", { onclick: () => { search.value = reason.value = ""; show(view); } }, "Clear search and filter"))];
    if (!rows.length) return [h("h2", "Nothing is marked"), h("p", "Curation holds no row and repaired none.")];
    if (view !== "held") return [h("p.empty", "There is no row here.")];
    const spot = rows.filter(views.spot[1]).length;
    const sample = spot ? h("p", h("button", { onclick: () => show("spot") }, `Read ${spot} rows drawn at random`), " from those that are kept: is curation right about them?") : "";
    if (!held.length) return [h("h2", "No row is held"), sample];
    if (data.later) return [h("h2", "This part is done"), h("p", `${data.later} more rows wait. `, h("button", { onclick: () => location.reload() }, "Load them"))];
    return [h("h2", open.length ? `${open.length} rows are skipped, the others are decided` : "All held rows are decided"), h("p", counts + "."), done.length ? next : "", sample];
  }

  /* The decision. */
  function press(name, letter, act, kind = "") {
    return h("button" + kind, { onclick: act, "aria-keyshortcuts": letter }, name, " ", h("kbd", letter));
  }
  function drawBar() {
    const last = lastOp(), words = last && `${last.length > 1 ? last.length + " rows" : byPrint.get(last[0].fingerprint)?.id ?? "a row"} ${WORDS[last[0].action]}`;
    const back = last ? press(`Undo: ${words}`, "u", undo, ".undo") : "";
    if (editing) {
      bar.replaceChildren(h("button.accept", { onclick: save }, "Save ", h("kbd", "Ctrl+Enter")), h("button", { onclick: leave }, "Leave ", h("kbd", "Esc")),
        h("span.meta", "Keys write text now."));
      return;
    }
    const can = at ? [press("Accept", "a", () => act("accept"), ".accept"), press("Edit", "e", edit), press("Reject", "x", () => act("reject"), ".reject"),
      at.row.rejected ? press("Swap", "s", swap) : "", press("Skip", "d", () => act("skip"))] : [];
    bar.replaceChildren(...can, back);
  }
  /* Where a decision leaves the list, the row behind it comes up in its place. */
  function act(action, more) {
    if (!at || editing) return;
    const here = shownRows.indexOf(at), was = at;
    decide(at, action, more);
    live.textContent = `${was.id} ${WORDS[action]}`;
    refresh();
    const stays = shownRows.includes(was);
    pick(shownRows[Math.min(stays ? here + 1 : Math.max(0, here), shownRows.length - 1)], true);
  }
  const swap = () => { if (at?.row.rejected) act("edit", { swap: true }); };
  function edit() {
    if (!at) return;
    editing = true;
    drawRow();
    drawBar();
    const boxes = [...card.querySelectorAll("textarea")];
    boxes.forEach(grow);
    const answer = boxes.find((box) => !box.dataset.place.startsWith("prompt")) ?? boxes[0];
    if (!answer) {
      editing = false;
      draw();
      warn("This row holds no plain text to edit.");
      return;
    }
    answer.focus();
  }
  function save() {
    const texts = Object.fromEntries([...card.querySelectorAll("textarea")].map((box) => [box.dataset.place, box.value])
      .filter(([place, value]) => { const [field, index] = place.split("."); return at.row[field][index].content !== value; }));
    editing = false;
    drafts.delete(at.fingerprint);
    if (Object.keys(texts).length) act("edit", { texts });
    else act("accept");
  }
  function leave() {
    editing = false;
    draw();
    card.focus({ preventScroll: true });
  }
  /* The newest decision that stands, with all rows that it was made for. */
  function lastOp() {
    const whole = [...log, ...sending.flatMap((each) => each.changes)];
    const last = whole.findLast((one) => one.action !== "undo" && stacks.get(one.fingerprint)?.at(-1) === one && byPrint.has(one.fingerprint));
    return last && whole.filter((one) => one.op === last.op && stacks.get(one.fingerprint)?.at(-1) === one && byPrint.has(one.fingerprint));
  }
  function undo() {
    const last = lastOp();
    if (!last || editing) return;
    const back = last.map((one) => byPrint.get(one.fingerprint));
    decide(back, "undo");
    live.textContent = `undone: ${back.length > 1 ? back.length + " rows" : back[0].id}`;
    if (!fits(back[0])) view = status(back[0]) ? "all" : isHeld(back[0]) ? "held" : back[0].group;
    if (!fits(back[0])) reason.value = "";
    search.value = "";
    pick(back[0], true);
  }
  /* The rows in the list that have the chosen reason and no other, so that nothing is answered unseen. */
  const alike = () => shownRows.filter((each) => !isDone(each) && reason.value && each.codes.every((code) => code === reason.value));
  function askBulk() {
    const some = alike(), others = shownRows.filter((each) => !isDone(each)).length - some.length, focus = document.activeElement;
    const yes = h("button.accept", { onclick: () => { dialog.close(); decide(some, "accept"); live.textContent = `${some.length} rows accepted`; refresh(); pick(shownRows[0], true); } }, `Accept ${some.length} rows`);
    const no = h("button", { onclick: () => dialog.close() }, "Cancel");
    const dialog = h("dialog.help.sure", { "aria-labelledby": "sure", onclose: () => { dialog.remove(); if (focus.isConnected) focus.focus(); } },
      h("h2", { id: "sure" }, `Accept all ${some.length} rows with ${reason.value} alone?`),
      h("p", "They are kept as they are. One press of u takes it back.", others ? ` ${others} with other reasons too are left for you.` : ""),
      h("ul", some.slice(0, 8).map((each) => h("li", h("strong", each.id), " ", each.first.slice(0, 80))), some.length > 8 ? h("li", `and ${some.length - 8} more`) : ""),
      h("p.sure-buttons", yes, " ", no));
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  }

  const free = (act) => () => document.querySelector("dialog[open]") ? false : act();
  key("a", "accept the row as it is shown", free(() => act("accept")));
  key("e", "edit (Ctrl+Enter saves, Esc leaves)", free(edit));
  key("x", "reject: the row is dropped at the next curate", free(() => act("reject")));
  key("s", "swap chosen and rejected", free(swap));
  key("d", "skip: decide later", free(() => act("skip")));
  key("u", "undo, as often as you like (also Ctrl+Z)", free(undo));
  key("j", "next row", free(() => move(1)));
  key("k", "row before", free(() => move(-1)));
  key("/", "search", free(() => { side.open = true; search.focus(); }));
  key("Escape", "back from a text field", (event) => {
    if (editing) leave();
    else if (event.target.closest("input, select")) card.focus();
    else return false;
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("textarea, input");
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "Enter" && editing) save();
    else if (event.key === "z" && !event.shiftKey && !typing) free(undo)();
    else return;
    event.preventDefault();
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(step);
    list.querySelector("[aria-current]")?.focus();
  });

  replay();
  refresh();
  pick(shownRows[0]);
})();
