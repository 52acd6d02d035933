// Charts and choices of a report. Everything that is a table or a drawing is in the page without it.
"use strict";
(() => {
  const layouts = JSON.parse(document.getElementById("series").textContent);
  const capacity = JSON.parse(document.getElementById("capacity").textContent);
  const MEBI = 2 ** 20, GIBI = 2 ** 30;
  const roles = ["parameters", "gradients", "optimizer state", "saved activations", "transient",
    "communication buffers", "runtime"];
  // From the bottom of the stack: what stands, then what comes and goes.
  const stack = [6, 5, 0, 1, 2, 3, 4];
  const SAVED = 3, TRANSIENT = 4;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let picked = layouts.length ? layouts[0].id : "";
  const byPeak = [...layouts].sort((a, b) => a.peak - b.peak);
  let paretoChart = null;
  const memoryCharts = new Map();
  document.documentElement.classList.add("has-script");

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const one = (id) => layouts.find((layout) => layout.id === id);
  const width = (box) => Math.max(280, box.clientWidth || document.body.clientWidth - 40);
  const axis = (label, values) => ({
    stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 }, label, labelSize: 20, size: 54, values,
    font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
  });
  const seconds = (value) => {
    for (const [unit, scale] of [["s", 1], ["ms", 1e-3], ["us", 1e-6]]) {
      if (value >= scale) return `${Number((value / scale).toPrecision(4))} ${unit}`;
    }
    return `${value} s`;
  };

  // The Pareto front: peak memory against step time, a dot for every layout.
  const told = (layout) => `${layout.layout || "the framework's defaults"}: step ${seconds(layout.step)}, ` +
    `peak ${(layout.peak / GIBI).toFixed(1)} GiB`;

  function tip(layout) {
    const box = document.getElementById("pareto");
    let shown = box.querySelector(".tip");
    if (!shown) {
      shown = document.createElement("div");
      shown.className = "tip";
      shown.setAttribute("role", "status");
      box.append(shown);
    }
    shown.hidden = !layout;
    if (!layout) return;
    shown.textContent = told(layout);
    const over = paretoChart.over;
    const left = paretoChart.valToPos(layout.peak / GIBI, "x") + over.offsetLeft;
    const top = paretoChart.valToPos(layout.step, "y") + over.offsetTop;
    shown.style.left = `${Math.max(0, Math.min(left + 12, box.clientWidth - shown.offsetWidth))}px`;
    shown.style.top = `${Math.max(0, top - shown.offsetHeight - 10)}px`;
  }

  function placeDots(chart) {
    for (const old of chart.over.querySelectorAll(".dot")) old.remove();
    for (const layout of layouts) {
      const dot = document.createElement("button");
      dot.className = `dot${layout.front || layout.rank === 1 ? " front" : ""}`;
      dot.type = "button";
      dot.tabIndex = -1; // arrow keys of the chart go there
      dot.dataset.dot = layout.id;
      dot.setAttribute("aria-label", told(layout));
      dot.setAttribute("aria-pressed", String(layout.id === picked));
      dot.style.left = `${chart.valToPos(layout.peak / GIBI, "x")}px`;
      dot.style.top = `${chart.valToPos(layout.step, "y")}px`;
      dot.addEventListener("mouseenter", () => tip(layout));
      dot.addEventListener("mouseleave", () => tip(null));
      dot.addEventListener("click", () => pick(layout.id));
      chart.over.append(dot);
    }
  }

  function drawPareto() {
    const box = document.getElementById("pareto");
    if (!box || !layouts.length) return;
    if (paretoChart) paretoChart.destroy();
    const room = (share, least) => (_, low, high) => {
      const more = Math.max((high - low) * share, least(high));
      return [Math.max(0, low - more), high + more];
    };
    paretoChart = new uPlot({
      width: width(box), height: 300, legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: room(0.06, () => 0.2) }, y: { range: room(0.12, (high) => high * 0.01) } },
      axes: [axis("peak memory, GiB"), axis("one step, s")],
      series: [{}, { stroke: "transparent", points: { show: false } }],
      hooks: { draw: [placeDots] },
    }, [byPeak.map((p) => p.peak / GIBI), byPeak.map((p) => p.step)], box);
  }

  function paretoKey(event) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = byPeak.findIndex((layout) => layout.id === picked);
    const next = byPeak[Math.min(byPeak.length - 1, Math.max(0, at + step))];
    pick(next.id);
    tip(next);
  }

  // Memory over time: areas on top of each other against the capacity.
  function stacked(series, standing) {
    const data = [series.t];
    let sum = series.t.map(() => 0);
    for (const role of stack) {
      const own = role === SAVED ? series.saved : role === TRANSIENT ? series.transient : series.t.map(() => standing[role]);
      sum = sum.map((value, i) => value + own[i] / 1024);
      data.push(sum);
    }
    data.push(series.t.map(() => capacity / GIBI));
    return data;
  }

  function drawMemory(article) {
    const box = article.querySelector(".memory");
    const layout = one(article.dataset.of);
    if (!box || !layout) return;
    const choose = article.querySelector("select.stage");
    if (!choose.options.length) {
      layout.stages.forEach((stage, i) => choose.add(new Option(stage.name, i)));
      choose.parentElement.hidden = layout.stages.length < 2;
      const heaviest = layout.stages.reduce((a, b, i) => b.peak > layout.stages[a].peak ? i : a, 0);
      choose.selectedIndex = heaviest;
      choose.addEventListener("change", () => drawMemory(article));
      article.querySelector("input.zoom").addEventListener("input", () => drawMemory(article));
    }
    const stage = layout.stages[choose.selectedIndex];
    const zoom = Number(article.querySelector("input.zoom").value) / 100;
    const end = stage.step.t[stage.step.t.length - 1];
    const near = stage.near.t, span = near[near.length - 1] - near[0];
    // From all of it to the ops around the peak, each step a like factor.
    const window_ = zoom === 0 ? end : end * Math.pow(Math.max(span, end * 1e-6) / end, zoom);
    const close = window_ <= span * 1.5;
    const series = close ? stage.near : stage.step;
    const totals = series.t.map((_, i) => series.saved[i] + series.transient[i]);
    const peak = series.t[totals.indexOf(Math.max(...totals))];
    const shown = close ? span : window_;
    const low = close ? near[0] : Math.max(0, Math.min(peak - shown / 2, end - shown));
    article.querySelector(".zoomed").textContent =
      zoom === 0 ? "the whole step" : `${seconds(shown)} around the peak${close ? ", op by op" : ""}`;
    const old = memoryCharts.get(layout.id);
    if (old) old.destroy();
    const names = stack.map((role) => roles[role]);
    const chart = new uPlot({
      width: width(box), height: 280, cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false, range: () => [low, low + shown] },
        y: { range: (_, least, most) => [0, Math.max(most, capacity / GIBI) * 1.04] } },
      axes: [axis("seconds", (_, ticks) => ticks.map(seconds)), axis("GiB")],
      series: [{ label: "time", value: (_, v) => v == null ? "" : seconds(v) },
        ...names.map((label, i) => ({
          label, stroke: colour(`--c${stack[i]}`), width: 0.5, fill: colour(`--c${stack[i]}`),
          paths: uPlot.paths.stepped({ align: 1 }), points: { show: false },
          value: (plot, _, s, at) => at == null ? "" : `${(plot.data[s][at] - (s > 1 ? plot.data[s - 1][at] : 0)).toFixed(1)} GiB`,
        })),
        { label: "capacity", stroke: colour("--bad"), width: 2, dash: [6, 4], points: { show: false },
          value: (_, v) => v == null ? "" : `${v.toFixed(1)} GiB` }],
      bands: stack.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })),
    }, stacked(series, stage.standing), box);
    memoryCharts.set(layout.id, chart);
  }

  // One layout is shown; all that is about it follows.
  function pick(id) {
    picked = id;
    for (const part of document.querySelectorAll(".one")) {
      part.hidden = part.dataset.of !== id;
      if (!part.hidden) drawMemory(part);
    }
    for (const row of document.querySelectorAll("tr[data-row]")) {
      row.classList.toggle("here", row.dataset.row === id);
    }
    for (const button of document.querySelectorAll("button.pick, button.dot")) {
      button.setAttribute("aria-pressed", String((button.dataset.pick || button.dataset.dot) === id));
    }
  }

  function draw() {
    drawPareto();
    const shown = document.querySelector("article.one:not([hidden])");
    if (shown) drawMemory(shown);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.pick");
    if (button) pick(button.dataset.pick);
  });
  document.getElementById("pareto")?.addEventListener("keydown", paretoKey);
  dark.addEventListener("change", draw);
  let resized;
  window.addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(draw, 100); });
  window.addEventListener("beforeprint", () => { for (const d of document.querySelectorAll("details")) d.open = true; });
  draw();
})();
