// Sliders of `seqspan serve`: every move asks /api/simulate and shows its answer.
"use strict";
(() => {
  const about = JSON.parse(document.getElementById("about").textContent);
  const byId = (id) => document.getElementById(id);
  const GIBI = 2 ** 30;
  const roles = ["parameters", "gradients", "optimizer_state", "saved_activations", "transient", "communication_buffers", "runtime"];
  const isOfJob = (slider) => slider.group === "job";
  const state = new Map(about.sliders.map((slider) => [slider.key, slider.value]));
  const gib = (bytes) => `${(bytes / GIBI).toFixed(1)} GiB`;
  const words = (name) => name.replaceAll("_", " ");
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const count = (value) => typeof value === "number" ? value.toLocaleString("en-US") : String(value);
  const seconds = (value) => {
    const [unit, scale] = value >= 1 ? ["s", 1] : value >= 1e-3 ? ["ms", 1e-3] : ["us", 1e-6];
    return `${Number((value / scale).toPrecision(4))} ${unit}`;
  };
  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // A slider that can change nothing rests: the order of a ring of one.
  const matters = (slider) => (slider.needs_many ?? []).every((key) => state.get(key) > 1) &&
    (slider.needs_one ?? []).every((key) => state.get(key) === 1);
  // The sliders' keys, and those of --layout that have none.
  const layoutText = () => about.sliders.filter((s) => !isOfJob(s) && matters(s)).map((s) => `${s.key}=${state.get(s.key)}`)
    .concat(about.fixed).join(",");
  function query() {
    const text = new URLSearchParams();
    for (const slider of about.sliders.filter((s) => isOfJob(s) && matters(s))) text.set(slider.key, state.get(slider.key));
    text.set("layout", layoutText());
    return text.toString();
  }
  function command() {
    const changed = about.sliders.filter((s) => isOfJob(s) && matters(s) && state.get(s.key) !== s.value)
      .map((s) => ` --set training.${s.key}=${state.get(s.key)}`).join("");
    return `seqspan simulate ${about.command}${changed} \\\n  --layout ${layoutText()}`;
  }

  function table(rows) {
    const made = element("table");
    const body = element("tbody");
    for (const cells of rows) {
      const row = element("tr");
      cells.forEach(([text, exact], i) => {
        const cell = element("td", text);
        if (i > 0) cell.className = "n";
        if (exact !== undefined) cell.dataset.exact = exact;
        row.append(cell);
      });
      body.append(row);
    }
    made.append(body);
    return made;
  }

  function showBar(memory) {
    const most = Math.max(memory.peak_bytes, memory.capacity_bytes);
    const parts = roles.map((role, i) => element("i", undefined, { class: `c${i}`,
      style: `width:${(100 * memory.by_role_bytes[role] / most).toFixed(2)}%`, title: `${words(role)}: ${gib(memory.by_role_bytes[role])}` }));
    const limit = element("span", undefined, { class: "limit", title: `capacity ${gib(memory.capacity_bytes)}`,
      style: `left:calc(${(100 * memory.capacity_bytes / most).toFixed(2)}% - 2px)` });
    byId("bar").replaceChildren(...parts, limit);
  }

  function tile(label, value, note, exact) {
    const made = element("div", undefined, { class: "tile" });
    made.append(element("span", label, { class: "label" }), element("b", value, exact === undefined ? {} : { "data-exact": exact }),
      element("span", note, { class: "note" }));
    return made;
  }

  function showAnswer(result) {
    const { memory, time } = result;
    const verdict = element("p", undefined, { class: "verdict" });
    const free = memory.capacity_bytes - memory.peak_bytes;
    verdict.append(element("span", result.fits ? `fits, ${gib(free)} free` : free < 0 ? `does not fit, over by ${gib(-free)}` : "does not fit in the host's memory",
      { class: result.fits ? "good" : "bad" }), ` (dp=${result.layout.dp})`);
    const tiles = element("div", undefined, { class: "tiles" });
    tiles.append(tile("peak memory", gib(memory.peak_bytes), `of ${gib(memory.capacity_bytes)}, stage ${memory.peak_stage}`, memory.peak_bytes),
      tile("one step", seconds(time.step_seconds), `${count(time.micro_batches)} micro-batches`, time.step_seconds),
      tile("tokens/s per GPU", count(Math.round(time.tokens_per_gpu_per_second)), `MFU ${percent(time.mfu)}`, time.tokens_per_gpu_per_second),
      tile("bound by", words(time.bound), `${percent(time.by_kind_seconds[time.bound] / time.step_seconds)} of the step`),
      tile("KV replication", `${result.kv_replication} x`, result.kv_replication > 1 ? "every KV head travels so often" : "no KV head is repeated", result.kv_replication));
    if (result.host.bytes_per_node > 0) tiles.append(tile("in host memory", gib(result.host.bytes_per_node), "of one node", result.host.bytes_per_node));
    byId("answer").replaceChildren(verdict, tiles);
    showBar(memory);
    byId("roles").replaceChildren(table(roles.map((role) => [[words(role)], [gib(memory.by_role_bytes[role]), memory.by_role_bytes[role]],
      [percent(memory.by_role_bytes[role] / memory.capacity_bytes)]])));
    byId("time").replaceChildren(table(Object.entries(time.by_kind_seconds).filter(([, value]) => value > 0)
      .map(([kind, value]) => [[words(kind)], [seconds(value), value], [percent(value / time.step_seconds)]])));
    byId("largest").replaceChildren(table(memory.largest.map((tensor) => [[`${tensor.name ?? tensor.tensor} ${tensor.shape}`], [gib(tensor.bytes), tensor.bytes]])));
  }

  function showRefusal(error) {
    const verdict = element("p", undefined, { class: "verdict" });
    verdict.append(element("span", `refused: ${error.why || error.what}`, { class: "bad" }));
    const more = error.code ? element("p", undefined, { class: "soft" }) : "";
    if (error.code) more.append("seqspan explain ", element("code", error.code));
    byId("answer").replaceChildren(verdict, more);
    for (const id of ["bar", "roles", "time", "largest"]) byId(id).replaceChildren();
  }

  // The address follows when the sliders rest: browsers ignore more than some 20 changes a second.
  let resting = 0;
  function address(asked) {
    clearTimeout(resting);
    resting = setTimeout(() => history.replaceState(null, "", `#${asked}`), 150);
  }

  // The last question asked is the one that is answered; while one is under way the next waits.
  let asking = false, again = false;
  async function ask() {
    for (const slider of about.sliders) document.querySelector(`[data-key="${slider.key}"]`).disabled = !matters(slider);
    byId("command").textContent = command();
    const asked = query();
    document.body.dataset.asked = asked;
    address(asked);
    if (asking) { again = true; return; }
    asking = true;
    try {
      const start = performance.now();
      const response = await fetch(`/api/simulate?${asked}`);
      const result = await response.json();
      const took = performance.now() - start;
      if (result.error) showRefusal(result.error); else showAnswer(result);
      byId("took").textContent = `answered in ${took.toFixed(0)} ms`;
      document.body.dataset.answered = asked; // The sliders may have moved on.
    } catch {
      showRefusal({ what: "seqspan serve does not answer; was it ended?" });
    }
    asking = false;
    if (again) { again = false; ask(); }
  }

  function build() {
    const from = new URLSearchParams(location.hash.slice(1));
    const layout = new Map((from.get("layout") || "").split(",").map((pair) => pair.split("=")));
    const groups = new Map();
    for (const slider of about.sliders) {
      const given = isOfJob(slider) ? from.get(slider.key) : layout.get(slider.key);
      const known = slider.values.findIndex((value) => String(value) === given);
      if (known >= 0) state.set(slider.key, slider.values[known]);
      if (!groups.has(slider.group)) {
        const made = element("fieldset");
        made.append(element("legend", slider.group));
        groups.set(slider.group, made);
      }
      const label = element("label", slider.label);
      const shown = element("output", count(state.get(slider.key)));
      const input = element("input", undefined, { type: "range", min: 0, max: slider.values.length - 1, step: 1,
        value: slider.values.indexOf(state.get(slider.key)), "data-key": slider.key, "aria-label": slider.label });
      input.setAttribute("aria-valuetext", String(state.get(slider.key)));
      input.addEventListener("input", () => {
        state.set(slider.key, slider.values[Number(input.value)]);
        shown.textContent = count(state.get(slider.key));
        input.setAttribute("aria-valuetext", String(state.get(slider.key)));
        ask();
      });
      label.append(shown, input);
      groups.get(slider.group).append(label);
    }
    byId("sliders").append(...groups.values());
  }

  byId("sliders").addEventListener("submit", (event) => event.preventDefault());
  build();
  ask();
})();
