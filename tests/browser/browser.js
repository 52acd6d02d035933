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
  // `quiet`: what the page does wrong is what is tested.
  async function open(address, options = {}, origin = null, quiet = false) {
    const context = await browser.newContext({ viewport: { width: 1160, height: 1000 }, ...options });
    const page = await context.newPage();
    page.on("console", (message) => {
      // A layout that is refused is an answer, which browsers log all the same.
      if (message.text().includes("the server responded with a status of 422")) return;
      if (!quiet && ["error", "warning"].includes(message.type())) check(false, `the console says: ${message.text()}`);
    });
    page.on("pageerror", (error) => check(false, `a script fails: ${error.message}`));
    page.on("request", (request) => {
      const to = new URL(request.url());
      const allowed = quiet || to.protocol === "data:" || to.href.split("#")[0] === address || (origin && to.origin === origin);
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
