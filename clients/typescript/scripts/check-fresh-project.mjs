// Packs both packages, installs them in a copy of example/ outside this folder, and builds it with the stock commands of a Vite project.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const lines = readFileSync("example/src/App.tsx", "utf8").trimEnd().split("\n").length;
if (lines > 40) throw new Error(`example/src/App.tsx has ${lines} lines; the example must fit into 40.`);

const project = mkdtempSync(join(tmpdir(), "connectionstate-fresh-"));
const run = (command, ...args) => execFileSync(command, args, { cwd: project, stdio: "inherit" });
try {
  const tarballs = ["client", "react"].map((name) => {
    const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", project], { cwd: name, stdio: ["ignore", "pipe", "inherit"] }));
    if (!packed.files.some((file) => file.path === "README.md")) throw new Error(`${packed.name} has no README.`);
    return join(project, packed.filename);
  });
  cpSync(resolve("example"), project, { recursive: true, filter: (path) => !/node_modules|dist$/.test(path) });
  run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ...tarballs);
  run("npx", "tsc", "-b");
  run("npx", "vite", "build", "--logLevel", "warn");
  console.log(`A fresh project builds with the packed packages; its App.tsx has ${lines} lines.`);
} finally {
  rmSync(project, { recursive: true });
}
