// What tests of pages share: a browser that counts what goes wrong, and checks that end the test.
"use strict";
const { execFileSync } = require("node:child_process");
const { chromium } = require(process.env.PLAYWRIGHT);

let failures = 0;
function check(holds, what) {
  if (holds) return;
  failures += 1;
  console.log(`FAILED: ${what}`);
}
function equal(found, expected, what) {
  check(Object.is(found, expected), `${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

// The program's standard output; exit codes 0 and 1 are answers.
function seqspan(...words) {
  try {
    return execFileSync(process.env.SEQSPAN, words, { encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    if (error.status !== 1) throw error;
    return error.stdout;
  }
}

// Opens pages that may not ask anything of the network but `origin`, and must not complain.
async function browse(use) {
  // A container has no user namespaces for the sandbox.
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  async function open(address, options = {}, origin = null) {
    const context = await browser.newContext({ viewport: { width: 1160, height: 1000 }, ...options });
    const page = await context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) check(false, `the console says: ${message.text()}`);
    });
    page.on("pageerror", (error) => check(false, `a script fails: ${error.message}`));
    page.on("request", (request) => {
      const to = new URL(request.url());
      const allowed = to.protocol === "data:" || to.href.split("#")[0] === address || (origin && to.origin === origin);
      check(allowed, `a request leaves: ${to.href}`);
    });
    await page.goto(address);
    return page;
  }
  try {
    await use(open);
  } finally {
    await browser.close();
  }
}

function done(what) {
  console.log(`${what}: ${failures} failures`);
  process.exitCode = failures === 0 ? 0 : 1;
}

module.exports = { browse, check, done, equal, seqspan };
