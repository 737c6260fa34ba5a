// The servers of the Socket.IO benchmark: how each is made ready, how it is started, and which options it `knows`
// from its environment: THREADS (a number), RECOVERY (anything).
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";

const root = new URL("../..", import.meta.url).pathname;
const peers = `${root}bench/socketio/peers`;
const made = `${root}build/bench-socketio`;

// What a step says is shown only when it fails.
function run(command, args, options = {}) {
  try {
    execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 << 20, ...options });
  } catch (error) {
    const said = error.code === "ENOENT" ? `${command} is not installed` : `${error.stdout}\n${error.stderr}`.trim();
    throw new Error(`${[command, ...args].join(" ")}: ${said.split("\n").slice(-15).join("\n")}`);
  }
}

export function makeNative() {
  mkdirSync(made, { recursive: true });
  run("cmake", ["-S", `${root}bench/socketio`, "-B", `${made}/native`, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]);
  run("cmake", ["--build", `${made}/native`]);
}
export const load = `${made}/native/load`;

export const servers = {
  floor: {
    make: () => {}, // with the load
    start: (port) => [`${made}/native/floor`, port],
    knows: ["THREADS", "RECOVERY"], // and heeds neither: nothing lies deeper
  },
  tickwire: {
    make() {
      if (!existsSync(`${root}build/release/build.ninja`)) run("cmake", ["--preset", "release"], { cwd: root });
      run("cmake", ["--build", "--preset", "release", "--target", "bench_server"], { cwd: root });
    },
    start: (port) => [`${root}build/release/bin/bench_server`, "--port", port],
    knows: ["THREADS", "RECOVERY"],
  },
  socketioxide: {
    needs: "Rust 1.94 or newer (cargo) and crates.io",
    make: () => run("cargo", ["build", "--release", "--locked", "--target-dir", `${made}/cargo`], { cwd: `${peers}/socketioxide` }),
    start: (port) => [`${made}/cargo/release/bench-peer-socketioxide`, port],
    knows: ["THREADS"],
  },
  go: {
    needs: "Go 1.24 or newer and its module proxy",
    make: () => run("go", ["build", "-mod=readonly", "-o", `${made}/go-peer`, "."], { cwd: `${peers}/go` }),
    start: (port) => [`${made}/go-peer`, port],
    environment: ({ THREADS = "1" }) => ({ GOMAXPROCS: THREADS }),
    knows: ["THREADS"], // with recovery it panics at its start
  },
  node: {
    needs: "npm and its registry",
    make: () => run(`${root}script/npm_install`, ["bench/socketio/peers/node"]),
    start: (port) => [process.execPath, `${peers}/node/server.mjs`, port],
    environment: () => ({ NODE_ENV: "production" }),
    knows: ["RECOVERY"],
  },
  python: {
    needs: "python3 with venv, and PyPI",
    make: () => {
      const wanted = `${peers}/python/requirements.txt`;
      const stamp = `${made}/python/.installed-from`;
      if (existsSync(stamp) && readFileSync(stamp).equals(readFileSync(wanted))) return;
      run("python3", ["-m", "venv", `${made}/python`]);
      run(`${made}/python/bin/pip`, ["install", "--quiet", "--disable-pip-version-check", "-r", wanted]);
      cpSync(wanted, stamp);
    },
    start: (port) => [`${made}/python/bin/python`, `${peers}/python/server.py`, port],
  },
};
