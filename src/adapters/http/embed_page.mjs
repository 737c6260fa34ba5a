// Compresses the built page and writes it as data of the program.
// Usage: node embed_page.mjs DIST OPENAPI OUTPUT_FOLDER
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [dist, openapi, output] = process.argv.slice(2);

const types = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml", ".json": "application/json", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8", ".mp3": "audio/mpeg", ".wav": "audio/wav",
};

function filesIn(folder, prefix = "") {
  return readdirSync(join(folder, prefix)).flatMap((name) => {
    const path = prefix + "/" + name;
    return statSync(join(folder, path)).isDirectory() ? filesIn(folder, path) : [path];
  });
}

const files = existsSync(join(dist, "index.html"))
  ? filesIn(dist).map((path) => ({ path, bytes: readFileSync(join(dist, path)) }))
  : [{ path: "/index.html", bytes: Buffer.from("<!doctype html><title>Tickwire</title><p>This program was built without its page. Run script/build.</p>") }];
files.push({ path: "/openapi.json", bytes: readFileSync(openapi) });
files.sort((a, b) => (a.path < b.path ? -1 : 1));

mkdirSync(join(output, "page"), { recursive: true });
const assembly = ['.section .note.GNU-stack,"",@progbits', ".section .rodata"];
const declarations = [];
const rows = [];
files.forEach(({ path, bytes }, i) => {
  const variants = { plain: bytes };
  if (/^(text|application|image\/svg)/.test(types[extname(path)] ?? "")) {
    variants.gzip = gzipSync(bytes, { level: 9 });
    variants.brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  }
  const views = ["plain", "gzip", "brotli"].map((kind) => {
    if (!variants[kind]) return "{}";
    const name = `page_${i}_${kind}`;
    const file = join(output, "page", name);
    writeFileSync(file, variants[kind]);
    assembly.push(`.global ${name}`, `${name}:`, `.incbin "${file}"`);
    declarations.push(`extern const char ${name}[];`);
    return `{${name}, ${variants[kind].length}}`;
  });
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 20);
  const type = types[extname(path)] ?? "application/octet-stream";
  rows.push(`    {${JSON.stringify(path)}, ${JSON.stringify(type)}, "\\"${etag}\\"", ${path.startsWith("/assets/")}, ${views.join(", ")}},`);
});
writeFileSync(join(output, "page_files.S"), assembly.join("\n") + "\n");
writeFileSync(
  join(output, "page_files.cpp"),
  `// Made by embed_page.mjs.
#include "adapters/http/page.hpp"

extern "C" {
${declarations.join("\n")}
}

namespace tickwire::http {
namespace {
const page_file files[] = {
${rows.join("\n")}
};
} // namespace
std::span<const page_file> page_files() { return files; }
} // namespace tickwire::http
`,
);
