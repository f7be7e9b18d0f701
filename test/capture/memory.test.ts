import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { captureText } from "./captures.ts";

const folder = temporaryFolder();
const program = join(folder, "main.js");
const measure = join(folder, "measure.cjs");

beforeAll(async () => {
  await build({
    entryPoints: ["src/cli/main.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    // As the package is built: a command loads what it needs.
    splitting: true,
    outdir: folder,
    external: ["koffi", "mediabunny"],
    logLevel: "error",
  });
  writeFileSync(measure, 'process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS));');
});

/** The most memory that a Node process had, in MiB. */
function peak(...argv: string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ["-r", measure, ...argv], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  expect(status, stderr).toBe(0);
  return Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024;
}

/** A log of strace that decodes again and again, with timestamps that go on. Returns its path. */
async function longLog(name: string, bytes: number): Promise<string> {
  const lines = captureText(name).split("\n");
  const begin = lines.findIndex((line) => line.includes("0xf010000"));
  const end = lines.length - [...lines].reverse().findIndex((line) => line.includes("VIDIOC_DQBUF"));
  const loop = lines.slice(begin, end);
  const requests = loop.filter((line) => line.includes("MEDIA_REQUEST_IOC_QUEUE")).length;
  const path = join(folder, name);
  const file = createWriteStream(path);
  file.write(`${lines.slice(0, begin).join("\n")}\n`);
  for (let turn = 0, written = 0; written < bytes; turn++) {
    const text = `${loop.join("\n")}\n`.replace(
      /tv_usec=(\d+)/g,
      (_, time) => `tv_usec=${Number(time) + turn * requests}`,
    );
    written += text.length;
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
  return path;
}

describe("a long log of strace", { tags: "long" }, () => {
  it.each([
    ["vp8_altref.ivf.strace", "import"],
    ["h264_baseline_slices.264.strace", "import"],
    ["vp8_altref.ivf.strace", "stats"],
  ])("%s needs little more memory than an empty Node process, however long it is: %s", async (name, command) => {
    const path = await longLog(name, 40_000_000);
    const most = peak(program, command, path);
    const empty = peak("-e", "0");
    expect(most - empty).toBeLessThan(64);
    // A log that is twice as long needs no more than noise.
    const longer = peak(program, command, await longLog(name, 80_000_000));
    expect(longer - most).toBeLessThan(12);
  });
});
