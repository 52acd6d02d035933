// Reports in a browser: what is shown is what `plan --json` says, hover, click and keys choose layouts,
// nothing is asked of the network, and the page is whole without scripts.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { browse, check, done, equal, seqspan } = require("./browser.js");

const GIBI = 2 ** 30;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "seqspan-report-"));
const jobs = ["llama3-8b-128k", "llama3.1-70b-64k", "qwen3-235b-128k"];

function report(job, ...more) {
  const file = path.join(scratch, `${job}.html`);
  seqspan("report", `configs/jobs/${job}.json`, "-o", file, ...more);
  return file;
}

// The exact values behind the cells of the shown layout, against the JSON of the same layout.
async function compareWithJson(page, entry, what) {
  const shown = await page.evaluate(() => {
    const answer = document.querySelector(".one:not([hidden])");
    const article = document.querySelector("article.one:not([hidden])");
    const rows = (table) => [...table.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => ({
      text: cell.textContent, bytes: cell.dataset.bytes, seconds: cell.dataset.seconds })));
    return {
      seconds: answer.querySelector("[data-seconds]").dataset.seconds,
      peak: answer.querySelector("[data-bytes]").dataset.bytes,
      peakText: answer.querySelector("[data-bytes]").textContent,
      rates: [...answer.querySelectorAll("[data-rate]")].map((tile) => tile.dataset.rate),
      tables: [...article.querySelectorAll("table:not(.u-legend)")].map(rows),
    };
  });
  equal(Number(shown.seconds), entry.time.step_seconds, `${what}: step`);
  equal(Number(shown.peak), entry.memory.peak_bytes, `${what}: peak`);
  equal(shown.peakText, `${(entry.memory.peak_bytes / GIBI).toFixed(1)} GiB`, `${what}: peak as text`);
  equal(Number(shown.rates[0]), entry.time.tokens_per_gpu_per_second, `${what}: tokens`);
  equal(Number(shown.rates[1]), entry.time.model_flops_per_gpu_per_second, `${what}: FLOP/s`);
  const [roles, largest, times] = shown.tables;
  for (const row of roles) {
    const role = row[0].text.replaceAll(" ", "_");
    equal(Number(row[1].bytes), entry.memory.by_role_bytes[role], `${what}: ${role}`);
  }
  equal(largest.length, entry.memory.largest.length, `${what}: largest tensors`);
  for (const row of times) {
    const kind = row[0].text.replaceAll(" ", "_");
    equal(Number(row[1].seconds), entry.time.by_kind_seconds[kind], `${what}: ${kind}`);
  }
  const ops = shown.tables[shown.tables.length - 1];
  if (entry.traffic.length > 0) {
    equal(ops.length, entry.traffic.length, `${what}: communications`);
    ops.forEach((row, i) => equal(Number(row[4].bytes), entry.traffic[i].bytes_sent_per_gpu, `${what}: ${row[0].text}`));
  }
}

// The rows of a section's table: what is read in every cell, and the exact values behind it.
async function rowsOf(page, section) {
  return page.evaluate((id) => [...document.querySelectorAll(`${id} tbody tr`)].map((row) => [...row.cells].map((cell) => ({
    text: cell.textContent, bytes: Number(cell.dataset.bytes), seconds: Number(cell.dataset.seconds) }))), section);
}

// Each key changed alone, and the GPUs of a sequence shared out otherwise.
async function compareSections(page, plan, what) {
  const why = await rowsOf(page, "#why");
  equal(why.length, plan.why.length, `${what}: changes`);
  plan.why.forEach((change, i) => {
    equal(why[i][1].text, change.instead, `${what}: change ${i}`);
    if (change.peak_bytes) equal(why[i][2].bytes, change.peak_bytes, `${what}: peak of change ${i}`);
    if (change.loses) equal(why[i][3].text, change.loses.replaceAll("_", " "), `${what}: loss of change ${i}`);
  });
  // The fastest eight that were measured; of each rule that refuses others the first.
  const measured = plan.groups.filter((choice) => choice.peak_bytes).slice(0, 8);
  const rules = new Set(plan.groups.filter((choice) => !choice.peak_bytes).map((choice) => choice.refused));
  const groups = await rowsOf(page, "#groups");
  equal(groups.length, measured.length + rules.size, `${what}: ways to share a sequence`);
  const shown = groups.filter((row) => row[3].bytes);
  measured.forEach((choice, i) => {
    equal(shown[i][1].text, String(choice.kv_copies), `${what}: KV copies of way ${i}`);
    equal(shown[i][2].bytes, choice.bytes_sent_per_gpu, `${what}: bytes of way ${i}`);
    equal(shown[i][3].bytes, choice.peak_bytes, `${what}: peak of way ${i}`);
    if (choice.step_seconds) equal(shown[i][4].seconds, choice.step_seconds, `${what}: step of way ${i}`);
  });
  equal(await page.locator("#groups tr.here").count(), 1, `${what}: one way is the chosen one`);
}

async function chooses(open, job) {
  const page = await open(`file://${report(job)}`);
  const plan = JSON.parse(seqspan("plan", `configs/jobs/${job}.json`, "--json"));
  const text = () => page.locator(".one:not([hidden]) .verdict .layout").first().textContent();
  await compareWithJson(page, plan.best[0], `${job}, the best`);
  await compareSections(page, plan, job);

  // A button of the table: the whole page follows.
  await page.locator("#layouts summary").click();
  await page.locator('button[data-pick="l1"]').click();
  await compareWithJson(page, plan.best[1], `${job}, the second`);
  equal(await page.locator('tr[data-row="l1"]').getAttribute("class"), "here", "the row is marked");

  // Keys in the chart: to the layout that needs least memory.
  await page.locator("#pareto").focus();
  for (let i = 0; i < 60; ++i) await page.keyboard.press("ArrowLeft");
  const least = plan.pareto.reduce((a, b) => (b.peak_bytes < a.peak_bytes ? b : a));
  equal(Number(await page.locator(".one:not([hidden]) .tile [data-bytes]").first().getAttribute("data-bytes")), least.peak_bytes, "keys: least memory");
  check((await page.locator("#pareto .tip").textContent()).includes(`${(least.peak_bytes / GIBI).toFixed(1)} GiB`), "the tip says so");

  // Hover and click: a dot that no other covers, of another layout than the shown one.
  await page.locator("#pareto").scrollIntoViewIfNeeded();
  const [id, label] = await page.evaluate(() => {
    const free = [...document.querySelectorAll(".dot[aria-pressed=false]")].find((dot) => {
      const box = dot.getBoundingClientRect();
      return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === dot;
    });
    return [free.dataset.dot, free.getAttribute("aria-label")];
  });
  const dot = page.locator(`[data-dot="${id}"]`);
  await dot.hover();
  equal(await page.locator("#pareto .tip").textContent(), label, `${job}: hovering tells the layout`);
  await dot.click();
  check(label.startsWith(`${await text()}: step `), `${job}: a click chooses`);
  equal(await dot.getAttribute("aria-pressed"), "true", "the dot is marked");

  // Memory over time: the slider goes to the ops around the peak, by keys too.
  const slider = page.locator("article.one:not([hidden]) input.zoom");
  await slider.focus();
  await page.keyboard.press("End");
  check((await page.locator("article.one:not([hidden]) .zoomed").textContent()).includes("op by op"), "the slider shows ops");
  // The refused, by code.
  for (const [code, count] of Object.entries(plan.rejected)) {
    equal(await page.locator(`tr[data-code="${code}"]`).getAttribute("data-count"), String(count), code);
  }
  await page.context().close();
}

// Documents of different lengths: the expected step, what imbalance takes of it, and the fastest layout
// of each context parallel size.
async function documents(open) {
  const job = "llama3-8b-32k-documents";
  const file = report(job);
  const plan = JSON.parse(seqspan("plan", `configs/jobs/${job}.json`, "--json"));
  const page = await open(`file://${file}`);
  const best = plan.best[0];
  await compareWithJson(page, best, job);
  const tile = await page.locator(".one:not([hidden]) .tile").first().textContent();
  check(tile.startsWith("expected step"), `${tile}: an expectation`);
  check(tile.endsWith(`imbalance ${(100 * best.documents.imbalance_share).toFixed(1)} %`), `${tile}: the share of imbalance`);
  const costs = (await rowsOf(page, "article.one:not([hidden]) .documents")).filter((row) => row.length === 5);
  best.documents.assignments.forEach((way, i) => {
    equal(costs[i][0].text.replace(" *", ""), way.assignment.replaceAll("_", " "), `${job}: assignment ${i}`);
    equal(costs[i][1].seconds, way.step_seconds, `${job}: step of assignment ${i}`);
    equal(costs[i][2].seconds, way.imbalance_seconds, `${job}: imbalance of assignment ${i}`);
  });
  const sizes = await rowsOf(page, "#by-context");
  equal(sizes.length, plan.by_context_parallel.length, `${job}: sizes`);
  plan.by_context_parallel.forEach((size, i) => {
    equal(sizes[i][0].text, String(size.cp), `${job}: cp`);
    equal(sizes[i][3].seconds, size.step_seconds, `${job}: step of cp ${size.cp}`);
    equal(sizes[i][4].seconds, size.imbalance_seconds, `${job}: imbalance of cp ${size.cp}`);
    equal(sizes[i][6].seconds, size.step_seconds - size.imbalance_seconds, `${job}: cp ${size.cp} without`);
  });
  equal(await page.locator("#by-context tr.here td").first().textContent(), String(best.layout.cp), "the best is marked");
  check((await page.locator("#distribution").textContent()).includes("lognormal, median 4,096 tokens, sigma 1.8"), "what lengths are taken to be");
  if (process.env.UPDATE_DOCS === "1") {
    await page.setViewportSize({ width: 1100, height: 1000 });
    await page.locator("#by-context").screenshot({ path: "docs/pictures/report-documents.png" });
  }
  await page.context().close();
}

// A token budget: how long, what it costs, whether in time.
async function trainingRun(open) {
  const words = ["--tokens", "2B", "--deadline", "5d", "--price", "2.5"];
  const page = await open(`file://${report("llama3-8b-128k", ...words)}`);
  const { training } = JSON.parse(seqspan("plan", "configs/jobs/llama3-8b-128k.json", ...words, "--json"));
  const tiles = await page.evaluate(() => [...document.querySelectorAll("#training .tile b")].map((tile) => ({ ...tile.dataset, class: tile.className })));
  equal(Number(tiles[0].seconds), training.training_seconds, "a run takes");
  equal(tiles[0].class, training.meets_deadline ? "good" : "bad", "in time or not");
  equal(Number(tiles[1].count), training.steps, "steps of a run");
  equal(Number(tiles[2].hours), training.gpu_hours, "GPU-hours of a run");
  equal(Number(tiles[3].cost), training.cost, "cost of a run");
  equal(await page.locator("#training h2").textContent(), "Training on 2 B tokens", "the budget");
  await page.context().close();
  const chosen = await open(`file://${report("llama3.1-70b-64k", "--tokens", "1B", "--deadline", "5d", "--minimize", "gpus")}`);
  const plan = JSON.parse(seqspan("plan", "configs/jobs/llama3.1-70b-64k.json", "--tokens", "1B", "--deadline", "5d", "--minimize", "gpus", "--json"));
  const planned = plan.clusters.filter((option) => option.planned);
  const rows = await rowsOf(chosen, "#training");
  equal(rows.length, planned.length, "sizes that were planned");
  planned.forEach((option, i) => {
    equal(rows[i][0].text, String(option.gpus), "GPUs");
    if (option.fits) equal(rows[i][3].seconds, option.training_seconds, `a run on ${option.gpus} GPUs`);
  });
  await compareWithJson(chosen, plan.best[0], "on the smallest cluster");
  await chosen.context().close();
}

async function wholeWithoutScripts(open) {
  const page = await open(`file://${report("llama3-8b-128k")}`, { javaScriptEnabled: false });
  check(await page.locator(".one .verdict").first().isVisible(), "the answer is there without scripts");
  check(await page.locator("article.one table").first().isVisible(), "so are tables");
  check(await page.locator("article.one svg").first().isVisible(), "and drawings");
  check(await page.locator("#pareto").isHidden(), "a chart that needs a script is not");
  await page.context().close();
}

// Light and dark; UPDATE_DOCS=1 keeps the pictures. How soon something is seen is told, not tested.
async function pictures(open) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(`file://${report("qwen3-235b-128k")}`, { colorScheme, viewport: { width: 1100, height: 1330 } });
    await page.waitForTimeout(200);
    const picture = await page.screenshot();
    check(picture.length > 20000, `the ${colorScheme} picture shows something`);
    if (process.env.UPDATE_DOCS === "1") fs.writeFileSync(`docs/pictures/report-${colorScheme}.png`, picture);
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    console.log(`${colorScheme}: first paint after ${Math.round(paint)} ms`);
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    equal(background === "rgb(255, 255, 255)", colorScheme === "light", `${colorScheme} background`);
    await page.emulateMedia({ media: "print" });
    check(await page.locator("button.pick").first().isHidden(), "paper has no buttons");
    await page.context().close();
  }
}

// Names that a user gives are text, never markup.
async function hostileNames(open) {
  const job = path.join(scratch, "hostile.json");
  fs.writeFileSync(job, JSON.stringify({ name: "</script><img src=x onerror=alert(1)>", model: "Llama-3-8B", cluster: "h100-1x8",
    training: { sequence_length: "32K", global_batch_size: 8 } }));
  const file = path.join(scratch, "hostile.html");
  seqspan("report", job, "-o", file);
  if (!fs.existsSync(file)) return; // refused as a job: as good
  const page = await open(`file://${file}`);
  equal(await page.locator("img").count(), 0, "no element comes from a name");
  await page.context().close();
}

browse(async (open) => {
  for (const job of jobs) {
    await chooses(open, job);
    const size = fs.statSync(path.join(scratch, `${job}.html`)).size;
    console.log(`${job}: ${size} bytes`);
    check(size < 2e6, `${job}: under 2 MB`);
  }
  await documents(open);
  await trainingRun(open);
  await wholeWithoutScripts(open);
  await pictures(open);
  await hostileNames(open);
}).finally(() => {
  fs.rmSync(scratch, { recursive: true });
  done("report");
});
