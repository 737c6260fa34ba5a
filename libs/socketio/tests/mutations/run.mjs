// Builds the library with each fault of mutations.mjs, in a copy of the checkout, and runs the test that must find it. See script/mutations.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { mutations } from "./mutations.mjs";

const root = path.resolve(import.meta.dirname, "../../../..");
const library = "libs/socketio";
const copy = `${root}/build/mutations`;
const buildDir = `${copy}/build/dev`;
const patience = 60; // seconds, in which a test that is quick without a fault has failed; or it hangs, which is noticed too

const flags = ["--check", "--record"];
const words = process.argv.slice(2).filter((word) => !flags.includes(word));
const chosen = mutations.filter((one) => !words.length || words.some((word) => [one.part, one.name, one.file].some((text) => text.includes(word))));

// --- does each fault still fit? ---

const programOf = (test) => test.program ?? "feature_server";
const nameOf = ({ program, filter, file, title }) => (program ? filter : `${file}: ${title}`);
const isThereOnce = (text, piece) => text.split(piece).length === 2;

function check() {
  const wrong = [];
  for (const { name, file, old, fresh, test } of mutations) {
    const place = `${root}/${library}/${file}`;
    if (!existsSync(place)) wrong.push(`"${name}": there is no ${file}`);
    else if (!isThereOnce(readFileSync(place, "utf8"), old)) wrong.push(`"${name}": its text is not in ${file}, or not once: ${JSON.stringify(old)}`);
    if (old === fresh) wrong.push(`"${name}" changes nothing`);
    if (test.file && !existsSync(`${root}/${library}/tests/${test.file}`)) wrong.push(`"${name}": there is no ${test.file}`);
  }
  for (const line of wrong) console.error(line);
  console.log(`check_mutations: ${mutations.length} faults, ${wrong.length} that do not fit the code any more`);
  process.exit(wrong.length ? 1 : 0);
}
if (process.argv.includes("--check")) check();

// --- a copy of the checkout ---

// Of what was compiled much is shared with the checkout itself.
const env = { ...process.env, CCACHE_BASEDIR: copy, CCACHE_NOHASHDIR: "1", BUILD_DIR: buildDir, NO_COLOR: "1" };
delete env.PLAIN;
const run = (command, given, options = {}) => spawnSync(command, given, { encoding: "utf8", maxBuffer: 256 << 20, env, cwd: copy, ...options });
function must(command, given, options) {
  const done = run(command, given, options);
  if (done.status !== 0) throw new Error(`${command} ${given.join(" ")}: ${done.error?.message ?? (done.stdout + done.stderr).slice(-4000)}`);
}
const build = (targets) => run("cmake", ["--build", "--preset", "dev", "--target", ...targets]);

mkdirSync(copy, { recursive: true });
must("find", [copy, "-mindepth", "1", "-maxdepth", "1", "!", "-name", "build", "-exec", "rm", "-r", "{}", "+"]);
// What git knows or would add; times are kept, so that only what changed is built again.
must("bash", ["-c", `set -o pipefail; git ls-files -coz --exclude-standard -- . ':!web' ':!docs' | tar --null --ignore-failed-read -T - -cf - | tar -C '${copy}' -xf -`], { cwd: root });
must("ln", ["-s", `${root}/${library}/tests/node_modules`, `${copy}/${library}/tests/node_modules`]);
must("cmake", ["--preset", "dev"]);
// What an interrupted run built of a fault is newer than the file without it.
const underWay = `${copy}/build/fault-under-way`;
if (existsSync(underWay)) {
  const place = readFileSync(underWay, "utf8");
  if (existsSync(place)) utimesSync(place, new Date(), new Date());
  rmSync(underWay);
}
const whole = build([...new Set(chosen.map(({ test }) => programOf(test)))]);
if (whole.status !== 0) throw new Error((whole.stdout + whole.stderr).slice(-4000));

// --- what the tests say ---

// `failed`: the names of those that did, where they could say it.
function judge({ program, filter, file, title }) {
  const limited = (command, ...given) => run("timeout", ["-k", "5", `${patience}`, command, ...given], { cwd: `${copy}/${library}/tests`, input: "" });
  const done = program
    ? limited(`${buildDir}/bin/${program}`, "--gtest_brief=1", `--gtest_filter=${filter}`)
    : limited(process.execPath, "--test", "--test-reporter=tap", `--test-name-pattern=${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, file);
  const said = done.stdout + done.stderr;
  const failed = program ? [...said.matchAll(/^\[  FAILED  \] (\w+(?:\/\w+)?\.\w+).* \(\d+ ms\)$/gm)].map(([, name]) => name) : [nameOf({ file, title })];
  const ran = Number((program ? /^\[==========\] (\d+) tests?/m : /^# pass (\d+)$/m).exec(said)?.[1] ?? 0);
  const hung = done.status === 124 || done.status === 137;
  return { found: done.status !== 0, how: hung ? "hangs" : done.signal || done.status > 128 ? "crashes" : "fails", failed, ran, said };
}

// Without a fault each of the tests passes; what names no test would find nothing.
const broken = [];
for (const test of new Map(chosen.map(({ test }) => [nameOf(test), test])).values()) {
  const { found, ran, said } = judge(test);
  if (found || ran === 0) broken.push(`${nameOf(test)}: ${found ? said.slice(-1500) : "there is no such test"}`);
}
if (broken.length) {
  console.error(`without any fault:\n${broken.join("\n")}`);
  process.exit(2);
}

// Into the table of the README, beside what earlier runs found of the others.
function record({ name, file, failed, test, result }) {
  const readme = new URL("README.md", import.meta.url);
  const text = readFileSync(readme, "utf8");
  const known = new Map([...text.matchAll(/^\| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)].map(([row, named]) => [named, row]));
  const by = failed.length ? failed.slice(0, 2).join(", ") + (failed.length > 2 ? " and more" : "") : test;
  known.set(name, `| ${name} | ${path.basename(file)} | ${by}${result.startsWith("found") ? "" : `: **${result}**`} |`);
  const table = ["| Fault | In | Found by |", "| --- | --- | --- |", ...mutations.flatMap((one) => known.get(one.name) ?? [])].join("\n");
  writeFileSync(readme, text.replace(/(<!-- table -->\n)[^]*?(<!-- end -->)/, (_, from, to) => `${from}${table}\n${to}`));
}

let found = 0;
for (const { name, file, old, fresh, test } of chosen) {
  const began = performance.now();
  const place = `${copy}/${library}/${file}`;
  const text = readFileSync(place, "utf8");
  let result = "its text is not there, or not once", failed = [];
  if (isThereOnce(text, old)) {
    writeFileSync(underWay, place);
    writeFileSync(place, text.replace(old, () => fresh));
    try {
      const built = build([programOf(test)]);
      if (built.status !== 0) result = `does not compile: ${/error: .*/.exec(built.stdout + built.stderr)?.[0] ?? ""}`;
      else {
        const said = judge(test);
        result = said.found ? `found, it ${said.how}` : "SURVIVED";
        if (said.found) failed = said.failed;
      }
    } finally {
      writeFileSync(place, text); // newer than what was built of it, so that it is built again
      rmSync(underWay);
    }
  }
  if (result.startsWith("found")) found++;
  if (process.argv.includes("--record")) record({ name, file, failed, test: nameOf(test), result });
  console.log(`${result.padEnd(15)} ${`${Math.round((performance.now() - began) / 1000)} s`.padStart(5)}  ${path.basename(file)}: ${name} (${failed.join(", ") || nameOf(test)})`);
}
console.log(`${found} of ${chosen.length} faults were found`);
process.exit(found === chosen.length ? 0 : 1);
