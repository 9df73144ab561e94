// Puts the README and the licence into both packages, where npm looks for them.
import { copyFileSync } from "node:fs";

for (const name of ["client", "react"]) {
  copyFileSync("README.md", `${name}/README.md`);
  copyFileSync("../../LICENSE", `${name}/LICENSE`);
}
