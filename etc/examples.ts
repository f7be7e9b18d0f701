import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { publicEntries } from "./entries.ts";

/** A program in a document, and what it prints. */
export interface Example {
  /** Where it stands: `src/h264/index.ts`, `README.md`. */
  readonly source: string;
  /** The path of the program when it has been written out. */
  readonly path: string;
  readonly code: string;
  /** Its output line by line, "…" at the end where the document shows only its beginning; null where it shows none. */
  readonly output: readonly string[] | null;
}

const root = new URL("../", import.meta.url);
/** Where the programs are written out. `npm run types` checks them there, the tests run them. */
const folder = new URL(".examples/", root);

/** The programs in the documents of a user: one for each public entry, and those of README.md. */
export const examples: readonly Example[] = [
  ...publicEntries.map((entry) => example(`src/${entry}.ts`, entry.replace("/", "-"), codeOfEntry(`src/${entry}.ts`))),
  ...programsOf("README.md"),
];

/** Writes every program to the file that its `path` names. */
export function writeExamples(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path, code } of examples) writeFileSync(path, code);
}

function example(source: string, name: string, code: string, output?: readonly string[]): Example {
  const comments = [...code.matchAll(/^.*\bconsole\.log\(.*\);(?: \/\/ (.*))?$/gm)].map(([, text]) => text);
  const told = comments.length > 0 && comments.every((text) => text !== undefined);
  return {
    source,
    path: fileURLToPath(new URL(`${name}.ts`, folder)),
    // Without this a file that imports nothing would share the names of all others.
    code: `${code}\nexport {};\n`,
    output: output ?? (told ? (comments as string[]) : null),
  };
}

/** The `@example` of the comment that an entry opens with. */
function codeOfEntry(path: string): string {
  const [, comment] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(new URL(path, root), "utf8")) ?? [];
  const [, code] = /@example\n \* ```ts\n(.*?) \* ```/s.exec(comment ?? "") ?? [];
  if (code === undefined) throw new Error(`${path} opens without an @example`);
  return code.replace(/^ \* ?/gm, "");
}

/** The programs of a document: what is marked `ts` and begins with an import. A block without a mark that follows is the output. */
function programsOf(path: string): Example[] {
  const text = readFileSync(new URL(path, root), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(import .*?)^```\n(?:\n```\n(.*?)^```)?/gms)];
  return blocks.map(([, code, output], i) =>
    example(path, `${path}-${i}`, code as string, output?.trimEnd().split("\n")),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeExamples();
