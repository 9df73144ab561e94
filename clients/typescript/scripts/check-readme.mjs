// Compiles every ts and tsx example of the README against the built packages, each in a function of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// What the examples use without defining it: the packages, and the reader's own code.
const before = `
import { createConnectionStateClient, isLost, isSuspect, needsNotice, pageKey, Provider, State, Step, toFailure, type Change, type Connection, type PageListView } from "@connectionstate/client";
import { FakeServer, fakeConnection } from "@connectionstate/client/testing";
import { ConnectionStateProvider, useConnectSession, useNavigation, usePageList } from "@connectionstate/react";
import type { ReactElement, ReactNode } from "react";
declare const root: { render(node: ReactNode): void };
declare const connection: Connection;
declare const client: ReturnType<typeof createConnectionStateClient>;
declare function navigate(path: string): void;
declare function Notice(props: { onUnderstood: () => void; disabled: boolean }): ReactElement;
declare function render(...shown: unknown[]): void;
declare function log(changes: readonly Change[]): void;
declare function show(text: string): void;
`;
const blocks = [...readFileSync("README.md", "utf8").matchAll(/^```tsx?\n(.*?)^```/gms)].map(([, code]) => code);
if (blocks.length < 7) throw new Error(`Only ${blocks.length} examples were found in README.md.`);

const folder = "readme-examples";
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
blocks.forEach((code, index) => {
  const lines = code.split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const body = lines.filter((line) => !line.startsWith("import "));
  writeFileSync(join(folder, `example${index + 1}.tsx`), [before, ...imports, "export async function Example() {", ...body, "}"].join("\n"));
});
const options = { extends: "../tsconfig.base.json", include: ["."], compilerOptions: { composite: false, declaration: false, noEmit: true, jsx: "react-jsx", noUnusedLocals: false, module: "ESNext", moduleResolution: "bundler" } };
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
execFileSync("npx", ["tsc", "-p", folder], { stdio: "inherit" });
rmSync(folder, { recursive: true });
console.log(`The ${blocks.length} examples of the README compile.`);
