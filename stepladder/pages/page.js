"use strict";
/* Every page: theme, arrow keys and tips in charts, copy buttons, paper. Text reaches the page as text nodes only. */
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

  /* h("button", {class: "chip", onclick: f}, "all"): an element; strings go through `shown`. */
  function h(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    }
    for (const child of children.flat(9)) {
      if (child == null || child === false) continue;
      if (child instanceof Node) made.append(child);
      else made.append(...shown(child));
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
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing && event.key !== "Escape") return;
    if (!single && event.key.length === 1) return;
    const found = keys.find((each) => each.name === event.key && each.act);
    if (found && found.act(event) !== false) event.preventDefault();
  }

  function help() {
    if (document.querySelector("dialog.help")) return;
    const box = h("input", { type: "checkbox", onchange: () => { single = box.checked; remember("keys", single ? "on" : "off"); } });
    box.checked = single;
    const rows = keys.map(({ name, says }) => h("tr", null, h("td", null, h("kbd", null, name === "Escape" ? "Esc" : name)), h("td", null, says)));
    const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
    const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title", onclose: () => { dialog.remove(); back.focus(); } },
      h("h2", { id: "help-title" }, "Keys"), h("table", null, h("tbody", null, rows)),
      h("p", null, h("label", null, box, " Keys without Ctrl or Alt are on")), close);
    const back = document.activeElement;
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  }

  const themes = ["auto", "light", "dark"];
  function theme(name) {
    const root = document.documentElement, button = document.getElementById("theme");
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
    if (button) button.textContent = "Theme: " + name;
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

  /* The words of a mark, shown near it; they are its accessible name, so the tip itself is silent. */
  function tips() {
    const tip = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true });
    document.body.append(tip);
    const hide = () => { tip.hidden = true; };
    const show = (mark) => {
      tip.textContent = mark.getAttribute("aria-label");
      tip.hidden = false;
      const at = mark.querySelector(".hit").getBoundingClientRect(), room = document.documentElement.clientWidth - tip.offsetWidth - 8;
      tip.style.left = Math.max(8, Math.min(at.right + 6, room)) + scrollX + "px";
      tip.style.top = at.bottom + 6 + scrollY + "px";
    };
    for (const mark of document.querySelectorAll("g.tip")) {
      mark.addEventListener("pointerenter", () => show(mark));
      mark.addEventListener("focus", () => { if (mark.matches(":focus-visible")) show(mark); });
      mark.addEventListener("pointerleave", hide);
      mark.addEventListener("blur", hide);
    }
    return () => { if (tip.hidden) return false; hide(); return true; };
  }

  async function copy(text, button) {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy";
    }
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  /* A box that does not scroll needs no tab stop. */
  function stops() {
    for (const box of document.querySelectorAll(".scroll, .code pre")) {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  }

  document.documentElement.classList.add("js");
  single = remember("keys") !== "off";
  const saved = remember("theme"), button = document.getElementById("theme");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", nextTheme);
  }
  theme(themes.includes(saved) ? saved : "auto");
  document.querySelectorAll('svg[role="list"]').forEach(rove);
  const hideTip = tips();
  for (const each of document.querySelectorAll(".code .copy")) {
    each.hidden = false;
    each.addEventListener("click", () => copy(each.previousElementSibling.textContent, each));
  }
  stops();
  addEventListener("resize", stops);
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((each) => { each.open = false; }));
  document.addEventListener("keydown", pressed);
  key("t", "theme: auto, light, dark", nextTheme);
  key("?", "this help", help);
  return { h, shown, key, copy, help, hideTip, stops };
})();
