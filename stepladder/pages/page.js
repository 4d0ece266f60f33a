"use strict";
/* Every page: theme, arrow keys in charts, copy buttons, the keys and their help. Text reaches the page as text nodes only. */
const kit = (() => {
  const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]/gu;
  const keys = [];
  let single = true;

  /* Text as nodes; what would act without being seen (bidi and control codes, lone surrogates) is named in a box. */
  function shown(value) {
    const text = String(value), nodes = [];
    let from = 0;
    for (const match of text.matchAll(CONTROLS)) {
      if (match.index > from) nodes.push(text.slice(from, match.index));
      const box = document.createElement("span");
      box.className = "ctl";
      box.textContent = "U+" + match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      nodes.push(box);
      from = match.index + match[0].length;
    }
    if (from < text.length) nodes.push(text.slice(from));
    return nodes;
  }

  /* h("p.note", {title: "x"}, "all"): an element with its class; attributes may be left out; strings go through `shown`. */
  function h(name, ...children) {
    const [tag, ...classes] = name.split("."), made = document.createElement(tag);
    made.classList.add(...classes);
    if (tag === "button") made.type = "button";
    for (const [key, value] of Object.entries(children[0]?.constructor === Object ? children.shift() : {})) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value != null) made.setAttribute(key, value);
    }
    for (const child of children.flat(9)) {
      if (child instanceof Node) made.append(child);
      else if (child != null && child !== false) made.append(...shown(child));
    }
    return made;
  }

  function remember(name, value) {
    try {
      if (value === undefined) return localStorage.getItem("stepladder." + name);
      localStorage.setItem("stepladder." + name, value);
    } catch { /* storage is a comfort: some browsers refuse it to files */ }
    return null;
  }

  /* A key, what the help says of it, and what it does; `act` returns false to leave the key to the browser. */
  const key = (name, says, act) => keys.push({ name, says, act });

  function pressed(event) {
    const typing = event.target.closest("input, textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing && event.key !== "Escape") return;
    if (!single && event.key.length === 1) return;
    const found = keys.find((each) => each.name === event.key);
    if (found && found.act(event) !== false) event.preventDefault();
  }

  function help() {
    if (document.querySelector("dialog.help")) return;
    const box = h("input", { type: "checkbox", onchange: () => { single = box.checked; remember("keys", single ? "on" : "off"); } });
    box.checked = single;
    const rows = [...keys.slice(2), ...keys.slice(0, 2)].map(({ name, says }) =>
      h("tr", h("td", h("kbd", name.replace("Escape", "Esc"))), h("td", says)));
    const close = h("button", { onclick: () => dialog.close() }, "Close");
    const dialog = h("dialog.help", { "aria-labelledby": "help-title", onclose: () => { dialog.remove(); back.focus(); } },
      h("h2", { id: "help-title" }, "Keys"), h("table", h("tbody", rows)), h("p", h("label", box, " Keys without Ctrl or Alt are on")), close);
    const back = document.activeElement;
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  }

  const themes = ["auto", "light", "dark"], switcher = document.getElementById("theme");
  function theme(name) {
    const root = document.documentElement;
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
    if (switcher) switcher.textContent = "Theme: " + name;
    remember("theme", name);
  }
  function nextTheme() {
    const now = document.documentElement.dataset.theme || "auto";
    theme(themes[(themes.indexOf(now) + 1) % themes.length]);
  }

  /* One tab stop a chart; arrows, Home and End move inside it. */
  function rove(list) {
    const items = [...list.querySelectorAll('[role="listitem"]')];
    list.addEventListener("keydown", (event) => {
      const at = items.indexOf(document.activeElement), last = items.length - 1;
      const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = items[Math.min(last, Math.max(0, to))];
      items.forEach((each) => each.setAttribute("tabindex", each === next ? "0" : "-1"));
      next.focus();
    });
  }

  async function copy(text, pressed) {
    const before = pressed.textContent;
    try {
      await navigator.clipboard.writeText(text);
      pressed.textContent = "Copied";
    } catch {
      pressed.textContent = "Select and copy";
    }
    setTimeout(() => { pressed.textContent = before; }, 1500);
  }

  /* A box that does not scroll needs no tab stop. */
  function stops() {
    for (const box of document.querySelectorAll(".scroll, .code pre")) {
      box.tabIndex = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight ? 0 : -1;
    }
  }

  document.documentElement.classList.add("js");
  single = remember("keys") !== "off";
  const saved = remember("theme");
  if (switcher) {
    switcher.hidden = false;
    switcher.addEventListener("click", nextTheme);
  }
  theme(themes.includes(saved) ? saved : "auto");
  document.querySelectorAll('svg[role="list"]').forEach(rove);
  for (const each of document.querySelectorAll(".code .copy")) {
    each.hidden = false;
    each.addEventListener("click", () => copy(each.previousElementSibling.textContent, each));
  }
  stops();
  addEventListener("resize", stops);
  document.addEventListener("keydown", pressed);
  key("t", "theme: auto, light, dark", nextTheme);
  key("?", "this help", help);
  return { h, shown, key, copy, help, stops };
})();
