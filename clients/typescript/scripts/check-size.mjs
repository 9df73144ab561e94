// Fails if the client package is too large: all that it exports, minified and compressed, as a browser loads it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const limit = 25 * 1024;
const folder = mkdtempSync(join(tmpdir(), "connectionstate-size-"));
try {
  const sizes = {
    "the package": await sizeOf(`export * from ${JSON.stringify(resolve("client/dist/index.js"))};`, [/^@bufbuild\//, /^@connectrpc\//]),
    "the package with its dependencies": await sizeOf(`import { createConnectionStateClient } from ${JSON.stringify(resolve("client/dist/index.js"))}; console.log(createConnectionStateClient());`, []),
  };
  for (const [what, { gzip, brotli }] of Object.entries(sizes)) console.log(`${what}: ${gzip} bytes with gzip, ${brotli} with brotli`);
  if (sizes["the package"].gzip > limit) throw new Error(`The package is larger than ${limit} bytes.`);
} finally {
  rmSync(folder, { recursive: true });
}

async function sizeOf(source, external) {
  const entry = join(folder, "entry.js");
  writeFileSync(entry, source);
  const { output } = await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: true, target: "es2022", rollupOptions: { input: entry, external, preserveEntrySignatures: "strict" } },
  });
  const code = output.map((file) => (file.type === "chunk" ? file.code : "")).join("");
  return { gzip: gzipSync(code, { level: 9 }).length, brotli: brotliCompressSync(code).length };
}
