import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const filesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`)
    .sort();
const files = filesOf("src");

/** What stands under everything: the words of the public face, which hold no work. */
const face = ["bytes", "errors", "events", "options"];
/** One list for all codecs, whether or not each needs all of it. */
const codec = ["bitreader", "framing", "kernel", "session", "uapi", ...face];
const codecs = ["h264", "h265", "mpeg2", "vp8", "vp9", "av1", "fwht"];

/**
 * What each room of src may import beside itself: folders, and the files beside them without their ending.
 * ARCHITECTURE.md has the same list ("Who may import whom"), which is compared with this one.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  bytes: [],
  errors: [],
  options: ["bitreader", "uapi"],
  events: ["bytes", "errors", "uapi"],
  uapi: ["bytes"],
  framing: ["bytes"],
  bitreader: ["bytes", "errors", "framing"],
  kernel: ["bytes", "uapi"],
  nal: ["bitreader", "bytes", "errors", "framing", "session"],
  session: ["framing", "kernel", "uapi", ...face],
  h264: [...codec, "nal"],
  h265: [...codec, "nal"],
  mpeg2: codec,
  vp8: [...codec, "containers"],
  vp9: [...codec, "containers"],
  av1: [...codec, "containers"],
  fwht: codec,
  "open-session": ["events", "options", ...codecs],
  "load-session": ["events", "options", ...codecs],
  "event-stream": ["bytes", "containers", "events", "open-session", "options", "session"],
  index: ["bitreader", "event-stream", "open-session", "session", "uapi", ...face],
  record: ["bytes", "events", "framing", "uapi"],
  capture: ["kernel", "record", "uapi"],
  targets: ["events", "framing", "options", "uapi"],
  containers: ["bytes", "errors", "events", "framing", "fwht", "h264", "uapi"],
  compare: [
    "av1",
    "bitreader",
    "containers",
    "errors",
    "events",
    "framing",
    "h264",
    "h265",
    "kernel",
    "open-session",
    "options",
    "record",
    "session",
    "targets",
    "uapi",
  ],
  explain: [
    "bitreader",
    "events",
    "framing",
    "fwht",
    "h264",
    "h265",
    "mpeg2",
    "open-session",
    "options",
    "session",
    "uapi",
  ],
  submit: ["bytes", "events", "kernel", "load-session", "options", "record", "session", "targets", "uapi"],
  testing: [
    "bitreader",
    "bytes",
    "capture",
    "cli",
    "compare",
    "containers",
    "events",
    "framing",
    "kernel",
    "open-session",
    "record",
    "targets",
    "uapi",
  ],
  cli: [
    "bitreader",
    "capture",
    "compare",
    "containers",
    "events",
    "explain",
    "framing",
    "kernel",
    "load-session",
    "open-session",
    "options",
    "record",
    "session",
    "submit",
    "targets",
    "uapi",
  ],
};

const mayImportNode = (file: string) =>
  /^src\/(cli|submit|testing)\/|^src\/record\/files\.ts$|^src\/containers\/files\/file-bytes\.ts$/.test(file);
/** As long as the specification's tables or the kernel's header. */
const mayBeLong = (file: string) => /\/(syntax|tables|structures)\.ts$|^src\/uapi\//.test(file);
/** The optional packages, and the files that load one when it is needed, or name its types. */
const optionalPackages: Readonly<Record<string, readonly string[]>> = {
  "fast-check": ["fast-check", "controls", "edited-stream", "requests"].map((name) => `src/testing/${name}.ts`),
  koffi: ["src/submit/koffi-libc.ts"],
  mediabunny: ["src/cli/main.ts", "src/containers/files/mediabunny.ts", "src/containers/open-track.ts"],
};

interface Import {
  readonly name: string;
  /** The imported file; undefined for packages and modules of Node. */
  readonly file: string | undefined;
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), "utf8");
  const found = source.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/gm);
  return [...found].map(([, a, b, c]) => {
    const name = (a ?? b ?? c) as string;
    return { name, file: name.startsWith(".") ? relative(root, join(root, dirname(file), name)) : undefined };
  });
}

const roomOf = (file: string) => (file.split("/")[1] as string).replace(/\.ts$/, "");

/** Calls whose spread arguments are a few by their nature, and not as many as the input counts. */
const fewArguments: Readonly<Record<string, string>> = {
  "src/cli/printing/trace-lines.ts": "four columns",
  "src/containers/detect.ts": "64 characters at most",
  "src/containers/files/file-bytes.ts": "four characters",
  "src/containers/files/mediabunny.ts": "the arguments of a function",
  "src/containers/ivf.ts": "four characters",
  "src/record/format.ts": "four characters",
  "src/record/line-reader.ts": "the codecs",
  "src/submit/kernel-file.ts": "an array of 32 characters",
  "src/testing/fast-check.ts": "the types of a structure's fields",
  "src/testing/requests.ts": "the controls of a codec",
};

/** A call with too many arguments is a RangeError: `push(...slices)` throws for 110,000 slices. */
function callsWithSpread(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  if (!text.includes("...")) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.arguments?.some(ts.isSpreadElement)) {
      found.push(node.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("spread arguments", () => {
  it.each(files)("%s spreads nothing that the input counts", (file) => {
    const calls = callsWithSpread(file);
    if (fewArguments[file] === undefined) expect(calls).toEqual([]);
    else expect(calls).toHaveLength(1);
  });
});

describe("imports of src", () => {
  it("has a row for each room, and each row is a room", () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(mayImport).sort());
  });

  it.each(files)("%s imports what its room may", (file) => {
    const room = roomOf(file);
    const allowed = mayImport[room] ?? [];
    for (const { name, file: imported } of importsOf(file)) {
      if (imported !== undefined) {
        if (imported === "package.json") expect(room).toBe("cli");
        else if (roomOf(imported) !== room) expect(allowed, `${file} imports ${name}`).toContain(roomOf(imported));
      } else if (name.startsWith("node:")) expect(mayImportNode(file), name).toBe(true);
      else expect(optionalPackages[name], name).toContain(file);
    }
  });

  it("lets no room import itself through others", () => {
    expect(circleIn(Object.keys(mayImport), (room) => mayImport[room] ?? [])).toBeUndefined();
  });

  it("uses every permission", () => {
    const used = new Set(
      files.flatMap((file) =>
        importsOf(file).flatMap((to) => (to.file?.startsWith("src/") ? [`${roomOf(file)} ${roomOf(to.file)}`] : [])),
      ),
    );
    const rows = Object.entries(mayImport).filter(([room]) => !codecs.includes(room));
    const unused = rows.flatMap(([room, allowed]) =>
      allowed.filter((other) => !used.has(`${room} ${other}`)).map((other) => `${room} ${other}`),
    );
    expect(unused).toEqual([]);
  });

  it("sees every kind of import", () => {
    const names = (file: string) => importsOf(file).map(({ name }) => name);
    expect(names("src/record/files.ts").some((name) => name.startsWith("node:"))).toBe(true);
    expect(names("src/h264/index.ts")).toEqual(expect.arrayContaining(["./session.ts", "./structures.ts"]));
    expect(names("src/kernel/index.ts")).toContain("../uapi/struct.ts");
    expect(names("src/submit/koffi-libc.ts")).toContain("koffi");
  });

  it("is what ARCHITECTURE.md says", () => {
    const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const table = Object.entries(mayImport).map(([room, allowed]) => {
      const text =
        allowed.length === 0
          ? "nothing"
          : [...allowed]
              .sort()
              .map((name) => `\`${name}\``)
              .join(" ");
      return `| \`${room}\` | ${text} |`;
    });
    expect(architecture).toContain(["| room | may import |", "|---|---|", ...table].join("\n"));
  });
});

/** A circle that begins and ends at the same place; undefined where there is none. */
function circleIn(all: readonly string[], importedBy: (place: string) => readonly string[]): string[] | undefined {
  const done = new Set<string>();
  const visit = (place: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(place)) return [...path.slice(path.indexOf(place)), place];
    if (done.has(place)) return undefined;
    for (const imported of importedBy(place)) {
      const circle = visit(imported, [...path, place]);
      if (circle) return circle;
    }
    done.add(place);
    return undefined;
  };
  for (const place of all) {
    const circle = visit(place, []);
    if (circle) return circle;
  }
  return undefined;
}

const sourcesOf = (file: string) =>
  importsOf(file).flatMap((imported) => (imported.file?.endsWith(".ts") ? [imported.file] : []));

describe("the rooms beside src", () => {
  /** Types count too: a circle of types is one for the reader. */
  it.each(["src", "support", "conformance", "test", "bench", "fuzz", "examples"])(
    "%s has no circle of imports",
    (folder) => {
      expect(circleIn(filesOf(folder), sourcesOf)).toBeUndefined();
    },
  );

  it("finds a circle where there is one", () => {
    const imports: Readonly<Record<string, readonly string[]>> = { a: ["b"], b: ["c", "d"], c: [], d: ["b"] };
    expect(circleIn(["a"], (place) => imports[place] ?? [])).toEqual(["b", "d", "b"]);
  });

  it.each([
    ["support", ["src", "support"]],
    ["conformance", ["src", "support", "conformance"]],
    ["bench", ["src", "support", "conformance", "bench"]],
    ["fuzz", ["src", "support", "conformance", "test", "fuzz"]],
  ])("%s imports only from %j", (folder, allowed) => {
    for (const file of filesOf(folder)) {
      for (const { file: imported } of importsOf(file)) {
        if (imported !== undefined) expect(allowed, `${file} imports ${imported}`).toContain(imported.split("/")[0]);
      }
    }
  });

  it("gives each file of conformance a name of its own", () => {
    const names = filesOf("conformance").map((file) => file.split("/").at(-1) as string);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("names only files that are there", () => {
    for (const file of [...files, ...filesOf("support"), ...filesOf("conformance")]) {
      for (const { file: imported } of importsOf(file)) {
        if (imported !== undefined) expect(existsSync(join(root, imported)), `${file} imports ${imported}`).toBe(true);
      }
    }
  });
});

it("src has no loose file beside the public face", () => {
  const loose = files.filter((file) => file.split("/").length === 2).map(roomOf);
  expect(loose.sort()).toEqual([
    "bytes",
    "errors",
    "event-stream",
    "events",
    "index",
    "load-session",
    "open-session",
    "options",
  ]);
});

it.each(files.filter((file) => !mayBeLong(file)))("%s has no more than 400 lines", (file) => {
  expect(readFileSync(join(root, file), "utf8").split("\n").length).toBeLessThanOrEqual(401);
});

/** CONTRIBUTING, Dialect. A private constructor has no other spelling. */
it.each(files)("%s has no member that is private to the compiler only", (file) => {
  const members = readFileSync(join(root, file), "utf8").match(/^ +private (?!constructor\b).*$/gm);
  expect(members ?? []).toEqual([]);
});
