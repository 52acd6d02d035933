// The page of `memory --html`: its cells are those of `memory --json`, and it asks nothing of any network.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { browse, check, done, equal, seqspan } = require("./browser.js");

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "seqspan-memory-"));
const words = ["memory", "configs/jobs/llama3-8b-128k.json", "--layout", "recompute=full", "--sweep",
  "training.sequence_length=32K,128K,512K", "--sweep", "layout.ulysses=1,2,4,8,16"];

browse(async (open) => {
  const file = path.join(scratch, "memory.html");
  seqspan(...words, "--html", file);
  const { answers } = JSON.parse(seqspan(...words, "--json"));
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(`file://${file}`, { colorScheme, viewport: { width: 1100, height: 1120 } });
    const rows = await page.evaluate(() => [...document.querySelectorAll("tr[data-verdict]")].map((row) => ({
      verdict: row.dataset.verdict, bytes: [...row.querySelectorAll("[data-bytes]")].map((cell) => Number(cell.dataset.bytes)) })));
    equal(rows.length, answers.length, "rows");
    rows.forEach((row, i) => {
      equal(row.verdict, answers[i].verdict, `verdict ${i}`);
      if (answers[i].verdict === "refused") return;
      equal(row.bytes[0], answers[i].peak_bytes, `peak ${i}`);
      Object.values(answers[i].by_role_bytes).forEach((bytes, role) => equal(row.bytes[role + 1], bytes, `role ${role} of ${i}`));
    });
    const picture = await page.screenshot();
    check(picture.length > 20000, "the picture shows something");
    if (process.env.UPDATE_DOCS === "1" && colorScheme === "light") fs.writeFileSync(`docs/pictures/memory-sweep.png`, picture);
    await page.context().close();
  }
}).finally(() => {
  fs.rmSync(scratch, { recursive: true });
  done("memory");
});
