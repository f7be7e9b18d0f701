/** What a command loads before its first picture. Loading is most of the time that a small stream takes. */
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const codecs = ["av1", "fwht", "h264", "h265", "mpeg2", "vp8", "vp9"];
/** The beginning of a stream is compared with a frame of FWHT and a sequence parameter set of H.264. */
const neededToDetect = ["fwht", "h264"];

let inputs: Metafile["inputs"];

/** The files of src that these files load, without those that they load later. */
function loadedBy(...entries: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file) || inputs[file] === undefined) return;
    found.add(file);
    for (const { path, kind } of inputs[file].imports) if (kind === "import-statement") visit(path);
  };
  for (const entry of entries) visit(entry);
  return found;
}

/** The folders of codecs in which some of these files are. */
const codecsOf = (loaded: ReadonlySet<string>) =>
  codecs.filter((codec) => [...loaded].some((file) => file.startsWith(`src/${codec}/`)));

beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    outdir: "nowhere",
    write: false,
    metafile: true,
  });
  inputs = metafile.inputs;
});

describe("what is loaded", () => {
  it.each(codecs)("for record of %s has no other codec's session", (codec) => {
    const files = loadedBy("src/cli/main.ts", "src/cli/commands/record.ts", `src/${codec}/session.ts`);
    expect(files.size).toBeGreaterThan(50);
    expect(codecsOf(files)).toEqual([...new Set([...neededToDetect, codec])].sort());
  });

  it.each(codecs)("for decode of %s has no other codec's session", (codec) => {
    const files = loadedBy("src/cli/main.ts", "src/cli/commands/decode.ts", `src/${codec}/session.ts`);
    expect(codecsOf(files)).toEqual([...new Set([...neededToDetect, codec])].sort());
  });

  it("has no drivers, and no reader of containers, before one is needed", () => {
    const files = [...loadedBy("src/cli/main.ts", "src/cli/commands/record.ts")];
    expect(files).toContain("src/targets/generic.ts");
    expect(files).not.toContain("src/targets/index.ts");
    expect(files).not.toContain("src/containers/files/mediabunny.ts");
  });
});
