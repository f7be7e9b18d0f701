/** Which parts of src a case runs through: counters that are put into the sources before they are bundled. */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Stands in the bundle for the number of its counters, which is known at the end. */
const COUNTERS = "COUNTERS_OF_THIS_BUNDLE";

/** A source with a counter at the beginning of every body, branch and operand that may be left out. */
export function instrumented(path: string, source: string, next: () => number): string {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const inserts: { readonly at: number; readonly text: string }[] = [];
  const insert = (at: number, text: string) => inserts.push({ at, text });
  const counter = () => `$hits[${next()}]++`;
  const expressions = new Set<ts.Node>();
  const statements = new Set<ts.Node>();
  const note = (node: ts.Node) => {
    if (ts.isConditionalExpression(node)) expressions.add(node.whenTrue).add(node.whenFalse);
    else if (ts.isBinaryExpression(node) && isShort(node.operatorToken.kind)) expressions.add(node.right);
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) expressions.add(node.body);
    else if (ts.isIfStatement(node)) {
      statements.add(node.thenStatement);
      if (node.elseStatement) statements.add(node.elseStatement);
    } else if (ts.isIterationStatement(node, false)) statements.add(node.statement);
  };
  const visit = (node: ts.Node): void => {
    note(node);
    const isExpression = expressions.has(node);
    const isBare = statements.has(node) && !ts.isBlock(node);
    if (isExpression) insert(node.getStart(file), `(${counter()}, `);
    if (isBare) insert(node.getStart(file), `{ ${counter()}; `);
    if (ts.isBlock(node)) insert(node.getStart(file) + 1, `${counter()};`);
    if (ts.isCaseOrDefaultClause(node)) {
      const first = node.statements[0];
      if (first) insert(first.getStart(file), `${counter()};`);
    }
    ts.forEachChild(node, visit);
    if (isBare) insert(node.end, " }");
    if (isExpression) insert(node.end, ")");
  };
  visit(file);
  let text = "";
  let done = 0;
  // The sort is stable: at one place, what opened first stands first, and what closed first too.
  for (const { at, text: inserted } of inserts.sort((a, b) => a.at - b.at)) {
    text += source.slice(done, at) + inserted;
    done = at;
  }
  return text + source.slice(done);
}

function isShort(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  );
}

/** Bundles a program of this repository with counters in all of src. Gives the bundle's path. */
export async function bundleWithCounters(entry: string, outfile: string): Promise<void> {
  let counters = 0;
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
    sourcemap: "inline",
    banner: { js: `const $hits = globalThis.$hits ??= new Uint8Array(${COUNTERS});` },
    plugins: [
      {
        name: "counters",
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const source = readFileSync(path, "utf8");
            const contents = path.startsWith(join(root, "src")) ? instrumented(path, source, () => counters++) : source;
            // Files are found beside the source, not beside the bundle.
            const url = JSON.stringify(pathToFileURL(path).href);
            return { contents: contents.replaceAll("import.meta.url", url), loader: "ts", resolveDir: dirname(path) };
          });
        },
      },
    ],
  });
  // They are read as words of four.
  writeFileSync(outfile, readFileSync(outfile, "utf8").replace(COUNTERS, String((counters + 3) & ~3)));
}
