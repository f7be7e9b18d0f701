import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const codecs = ["h264", "h265", "vp8", "vp9", "mpeg2"];
/** What the codecs share: files of src itself, those left out that put the codecs together. */
const shared = files.filter((file) => !file.includes("/") && file !== "index.ts" && file !== "session.ts");

/** What each folder may import beside itself; a folder that is not named stands above the sessions and may import all. */
const below: Readonly<Record<string, readonly string[]>> = {
  uapi: [],
  bitreader: ["errors.ts"],
  kernel: ["uapi"],
  ...Object.fromEntries(codecs.map((codec) => [codec, ["bitreader", "uapi", "kernel", ...shared]])),
};
const mayImportNode = (file: string) => /^(cli|submit)\/|^record\/files\.ts$/.test(file);
/** As long as the specification's tables or the kernel's header. */
const mayBeLong = (file: string) => /\/(syntax|tables|structures)\.ts$|^uapi\//.test(file);

function importsOf(file: string): string[] {
  const source = readFileSync(join(src, file), "utf8");
  const found = source.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/gm);
  return [...found].map(([, a, b, c]) => (a ?? b ?? c) as string);
}

/** The optional packages, and the files that load one when it is needed, or name its types. */
const optionalPackages: Readonly<Record<string, readonly string[]>> = {
  koffi: ["submit/koffi-libc.ts"],
  mediabunny: ["cli/main.ts", "cli/io.ts", "cli/container.ts"],
};

describe("imports point one way (DESIGN, 2)", () => {
  it.each(files)("%s", (file) => {
    const folder = file.split("/")[0] as string;
    for (const name of importsOf(file)) {
      if (name.startsWith("node:")) expect(mayImportNode(file), name).toBe(true);
      if (!name.startsWith(".")) {
        if (!name.startsWith("node:")) expect(optionalPackages[name], name).toContain(file);
        continue;
      }
      const target = relative(src, join(src, dirname(file), name)).split("/")[0] as string;
      if (target !== folder && below[folder]) expect(below[folder], name).toContain(target);
      if (target === "cli") expect(folder, name).toBe("cli");
      if (target === "submit") expect(["cli", "submit"], name).toContain(folder);
      if (shared.includes(file)) expect(["bitreader", "uapi", "kernel", ...shared], name).toContain(target);
    }
  });

  it("sees every kind of import", () => {
    expect(importsOf("record/files.ts").some((name) => name.startsWith("node:"))).toBe(true);
    expect(importsOf("h264/index.ts")).toEqual(expect.arrayContaining(["./session.ts", "./structures.ts"]));
    expect(importsOf("kernel/index.ts")).toContain("../uapi/struct.ts");
  });
});

it.each(files.filter((file) => !mayBeLong(file)))("%s has no more than 400 lines", (file) => {
  expect(readFileSync(join(src, file), "utf8").split("\n").length).toBeLessThanOrEqual(401);
});
