// The page of `seqspan serve`: sliders, by mouse and by keys, change the numbers; they are those of
// `simulate --json`; what is refused says why; pages of other origins get nothing.
"use strict";
const fs = require("node:fs");
const { spawn } = require("node:child_process");
const { browse, check, done, equal, seqspan } = require("./browser.js");

const job = "configs/jobs/llama3-8b-128k.json";

function serve(...words) {
  const child = spawn(process.env.SEQSPAN, ["serve", job, "--port", "0", ...words], { stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`serve ended with ${code}`)));
    child.stdout.on("data", (text) => resolve({ child, address: String(text).trim() }));
  });
}

const exact = (page) => page.evaluate(() => ({
  peak: Number(document.querySelector('#answer .tile b[data-exact]').dataset.exact),
  step: Number(document.querySelectorAll('#answer .tile b[data-exact]')[1].dataset.exact),
  roles: [...document.querySelectorAll("#roles td[data-exact]")].map((cell) => Number(cell.dataset.exact)),
  command: document.getElementById("command").textContent,
}));

// Waits until `holds`, half a minute at most. (The page's policy forbids Playwright's waitForFunction.)
async function until(page, holds, what) {
  for (let i = 0; i < 1200; ++i) {
    if (await holds()) return;
    await page.waitForTimeout(25);
  }
  check(false, what);
}

// Until the answer is that of what the sliders say.
const settled = (page) => until(page, () => page.evaluate(() => {
  const { asked, answered } = document.body.dataset;
  return asked !== undefined && answered === asked; // a page that is loading has asked nothing yet
}), "the page has an answer to its last question");

// What the page says is what its own command line prints.
async function compare(page, what) {
  await settled(page);
  const shown = await exact(page);
  const words = shown.command.replace("\\\n", "").split(/\s+/).slice(1);
  const result = JSON.parse(seqspan(...words, "--json"));
  equal(shown.peak, result.memory.peak_bytes, `${what}: peak`);
  equal(shown.step, result.time.step_seconds, `${what}: step`);
  Object.values(result.memory.by_role_bytes).forEach((bytes, i) => equal(shown.roles[i], bytes, `${what}: role ${i}`));
  return shown;
}

async function setTo(page, key, position) {
  const slider = page.locator(`input[data-key="${key}"]`);
  await slider.focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < position; ++i) await page.keyboard.press("ArrowRight");
  // Keys arrive in their order, but not before press() returns.
  await until(page, async () => (await slider.inputValue()) === String(position), `the slider ${key} is at ${position}`);
}

// What moves a slider: until the page asks something else.
async function moved(page, move) {
  const before = await page.evaluate(() => document.body.dataset.asked);
  await move();
  await until(page, async () => (await page.evaluate(() => document.body.dataset.asked)) !== before, "a moved slider asks");
}

async function slides(open, address) {
  const origin = new URL(address).origin;
  const page = await open(address, { viewport: { width: 1100, height: 900 } }, origin);
  const first = await compare(page, "at first");

  // Keys: twice the sequence.
  await page.locator('input[data-key="sequence_length"]').focus();
  await moved(page, () => page.keyboard.press("ArrowRight"));
  const longer = await compare(page, "a longer sequence");
  check(longer.peak > first.peak, "twice the tokens need more memory");

  // The mouse: to the left end, the shortest.
  const box = await page.locator('input[data-key="sequence_length"]').boundingBox();
  await moved(page, () => page.mouse.click(box.x + 2, box.y + box.height / 2));
  const shortest = await compare(page, "the shortest sequence");
  check(shortest.peak < first.peak, "fewer tokens need less memory");
  await setTo(page, "sequence_length", 7); // 128K

  // Recomputation, chunks of the loss, sharding: each changes what is shown.
  for (const [key, position] of [["recompute", 0], ["loss_chunks", 3], ["sharding", 3]]) {
    const before = await exact(page);
    await setTo(page, key, position);
    const after = await compare(page, key);
    check(JSON.stringify(after.roles) !== JSON.stringify(before.roles), `${key} changes memory`);
  }

  // What can change nothing rests, and is not in the command line: no ring, one rank of tensor
  // parallelism, no pipeline. Ulysses by groups of heads is possible here.
  const rests = (key) => page.locator(`input[data-key="${key}"]`).isDisabled();
  for (const key of ["kv_exchange", "vpp", "overlap_tensor_parallel"]) {
    check(await rests(key), `${key} rests`);
    check(!(await exact(page)).command.includes(key), `${key} is not said`);
  }
  check(!(await rests("head_groups")), "groups of heads can be chosen");
  const whole = await exact(page);
  await setTo(page, "head_groups", 1);
  const grouped = await compare(page, "two groups of heads");
  check(grouped.step !== whole.step, "groups of heads change the step");
  await setTo(page, "head_groups", 0);
  // A ring of 4 and tensor parallelism of 2 in place of Ulysses.
  await setTo(page, "ulysses", 0);
  await setTo(page, "ring", 2);
  await setTo(page, "tp", 1);
  check(await rests("head_groups"), "groups of heads rest without Ulysses");
  await setTo(page, "overlap_tensor_parallel", 1);
  const under = await compare(page, "tensor parallel communication under products");
  check(under.command.includes("--set training.overlap_tensor_parallel=true"), "a choice of the job is said");
  equal(await page.locator('input[data-key="ring_order"]').count(), 0, "Megatron has one order of the ring");
  await setTo(page, "ring", 0);
  await setTo(page, "sharding", 1);
  await setTo(page, "pp", 1);
  await setTo(page, "vpp", 2);
  check((await compare(page, "a pipeline in chunks")).command.includes("vpp=4"), "chunks of a stage are said");
  await setTo(page, "sharding", 3);
  await setTo(page, "pp", 0);
  await setTo(page, "tp", 0);
  await setTo(page, "ulysses", 3);

  // Refused: Ulysses over more than the KV heads allow, with the rule's name.
  await setTo(page, "tp", 3);
  await settled(page);
  check((await page.locator("#answer").textContent()).includes("seqspan explain world_size"), "a refusal names its rule");

  // The address holds the choice.
  await setTo(page, "tp", 0);
  await settled(page);
  await until(page, () => page.evaluate(() => location.hash === `#${document.body.dataset.answered}`), "the address follows");
  const hash = await page.evaluate(() => location.hash);
  // In a page of its own: one that was opened without the hash would still write its own behind it.
  const copy = await open(address + hash, {}, origin);
  await settled(copy);
  equal((await exact(copy)).peak, (await exact(page)).peak, "the address alone shows the same");
  await copy.context().close();

  // How long answers take is told, not tested.
  const took = await page.evaluate(async () => {
    const times = [];
    for (let i = 0; i < 50; ++i) {
      const start = performance.now();
      await (await fetch(`/api/simulate?sequence_length=${65536 + 8192 * i}&layout=ulysses=8,recompute=full`)).json();
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
  });
  console.log(`an answer takes ${took[25].toFixed(1)} ms in the middle, ${took[49].toFixed(1)} ms at most`);
  await page.context().close();
}

// A slider that moves while an answer is under way: that answer is not one to the new question.
async function lateAnswers(open, address) {
  const page = await open(address, {}, new URL(address).origin);
  await settled(page);
  const held = [];
  await page.route("**/api/simulate?*", (route) => held.push(route));
  await page.locator('input[data-key="sequence_length"]').focus();
  await moved(page, () => page.keyboard.press("ArrowRight"));
  await until(page, () => held.length === 1, "one question is asked");
  await moved(page, () => page.keyboard.press("ArrowRight"));
  await held[0].continue();
  await until(page, () => held.length === 2, "the next question is asked");
  const { asked, answered } = await page.evaluate(() => ({ ...document.body.dataset }));
  check(answered !== asked, "an answer to the question before is not taken for the last one's");
  equal(answered, new URL(held[0].request().url()).search.slice(1), "what was answered");
  await held[1].continue();
  await compare(page, "two moves, one answer late");
  await page.context().close();
}

async function pictures(open, address) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(address, { colorScheme, viewport: { width: 1100, height: 900 } }, new URL(address).origin);
    await settled(page);
    const picture = await page.screenshot();
    check(picture.length > 20000, "the picture shows something");
    if (process.env.UPDATE_DOCS === "1") fs.writeFileSync(`docs/pictures/serve-${colorScheme}.png`, picture);
    await page.context().close();
  }
}

// Another page in the same browser: it may ask, and gets nothing to read, and no answer.
async function otherOrigins(browserOpen, address) {
  const http = require("node:http");
  const other = http.createServer((_, response) => response.end("<!DOCTYPE html><title>other</title>"));
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  const page = await browserOpen(`http://127.0.0.1:${other.address().port}/`, {}, `http://127.0.0.1:${other.address().port}`, true);
  const got = await page.evaluate(async (target) => {
    try { return (await fetch(`${target}api/simulate?layout=ulysses=8`)).status; } catch { return "nothing"; }
  }, address);
  equal(got, "nothing", "another origin gets");
  await page.context().close();
  other.close();
}

(async () => {
  const { child, address } = await serve("--layout", "ulysses=8,recompute=full");
  child.removeAllListeners("exit");
  try {
    await browse(async (open) => {
      await slides(open, address);
      await lateAnswers(open, address);
      await pictures(open, address);
      await otherOrigins(open, address);
    });
  } finally {
    child.kill("SIGTERM");
  }
  const code = await new Promise((resolve) => child.on("exit", resolve));
  equal(code, 0, "exit code of an ended server");
  done("serve");
})();
