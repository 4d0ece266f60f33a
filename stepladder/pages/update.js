"use strict";
/* A matrix that changes as a slider moves through ranks, and the singular values of the module that is shown.
   Data: {modules: [{name, rows, columns, shape, ranks, values, shares, cells: [text a rank]}]}; a character of `cells` is one
   block, from A (the weakest of the module at any rank) to / (the strongest), row by row. */
(() => {
  const { h } = kit, mount = document.getElementById("update"), source = document.getElementById("row-data");
  if (!mount || !source) return;
  const LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const data = JSON.parse(source.textContent), canvas = h("canvas.matrix", { role: "img" });
  const says = h("p.tally", { role: "status" }), bars = h("div.values", { "aria-hidden": "true" });
  const choice = h("select", { id: "update-module", onchange: draw }, data.modules.map((each, at) => h("option", { value: at }, each.name)));
  const slider = h("input", { type: "range", id: "update-rank", min: 0, step: 1, oninput: draw });

  function draw() {
    const module = data.modules[choice.value], last = module.cells.length - 1;
    slider.max = last;
    const at = Math.min(last, +slider.value), rank = module.ranks[at];
    paint(module, at);
    const share = Math.round(1000 * module.shares[at]) / 10;
    const text = `rank ${rank} of ${module.values.length}: ${share} % of the update's norm`;
    slider.setAttribute("aria-valuetext", text);
    canvas.setAttribute("aria-label", `${module.name}, ${text}`);
    says.textContent = `${module.name} (${module.shape}), ${text}`;
    bars.replaceChildren(...module.values.map((value, index) => {
      const bar = h(index < rank ? "i.in" : "i", { title: `${index + 1}: ${value.toPrecision(3)}` });
      bar.style.height = Math.max(1, 100 * value / module.values[0]) + "%";
      return bar;
    }));
  }

  function paint(module, at) {
    canvas.width = module.columns;
    canvas.height = module.rows;
    const ink = canvas.getContext("2d");
    ink.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--chosen");
    [...module.cells[at]].forEach((char, index) => {
      ink.globalAlpha = LEVELS.indexOf(char) / 63;
      ink.fillRect(index % module.columns, Math.floor(index / module.columns), 1, 1);
    });
  }

  slider.max = data.modules[0].cells.length - 1;
  slider.value = slider.max;
  mount.replaceChildren(
    h("div.tools", h("label", { for: "update-module" }, "Module"), choice, h("label", { for: "update-rank" }, "Rank"), slider), says,
    h("div.update", canvas, bars));
  draw();
  document.getElementById("theme")?.addEventListener("click", draw);
})();
