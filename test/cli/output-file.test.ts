import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fixture, run } from "./command-line.ts";

const parent = mkdtempSync(join(tmpdir(), "output-"));
afterAll(() => rmSync(parent, { recursive: true }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(parent, "run-"));
});

const mbaff = fixture("h264_mbaff_tff.264");

/** A file of the user's, which must survive. */
function precious(): string {
  const path = join(folder, "out");
  writeFileSync(path, "precious");
  return path;
}

describe("a file that -o names", () => {
  it.each([
    ["export", fixture("av1_superres_tiles.obu"), "has 6 tiles"],
    ["export", fixture("vp8_odd_size.ivf.gst-frame.jsonl.br"), "vp8_odd_size"],
    ["record", "no-picture", "no picture could be decoded"],
    ["import", mbaff, "a stream, not a capture"],
  ])("stays as it was where %s refuses its input %s", async (command, input, message) => {
    const noPicture = join(folder, "no-picture");
    writeFileSync(noPicture, readFileSync(mbaff).subarray(0, 40));
    const path = precious();
    const source = input === "no-picture" ? noPicture : input;
    const { status, stderr } = await run([command, source, "-o", path]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect((await run([command, source, "-o", join(folder, "new")])).status).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(["no-picture", "out"]);
  });

  it("is not made of the requests before the one that a trace cannot hold", async () => {
    const path = join(folder, "without.jsonl");
    const lines = (await run(["record", "--with-data", mbaff])).stdout.split("\n");
    const bare = lines.map((line, i) => (i > 20 ? line.replace(/,"data":"[^"]*"/, "") : line));
    writeFileSync(path, bare.join("\n"));
    const { status, stderr } = await run(["export", path, "-o", precious()]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/the request has no bytes/)]);
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("precious");
  });

  it("holds what comes before the place where the input breaks off", async () => {
    const cut = join(folder, "cut.jsonl");
    writeFileSync(cut, (await run(["record", "--with-data", mbaff])).stdout.slice(0, -5000));
    expect((await run(["export", cut, "-o", precious()])).status).toBe(2);
    expect(JSON.parse(readFileSync(join(folder, "out"), "utf8")).length).toBeGreaterThan(100);
  });

  it("keeps its permissions and the links to it, and nothing is left beside it", async () => {
    const path = precious();
    chmodSync(path, 0o640);
    symlinkSync("out", join(folder, "link"));
    expect(await run(["record", mbaff, "-o", join(folder, "link")])).toMatchObject({ status: 0 });
    expect(readFileSync(path, "utf8")).toMatch(/^\{"v4l2-stateless"|^\{/);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["link", "out"]);
  });

  it("is written in its place where it is a device or a pipe", async () => {
    expect(await run(["record", mbaff, "-o", "/dev/null"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    const pipe = join(folder, "pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    reader.stdout.on("data", (chunk) => {
      text += chunk;
    });
    const read = new Promise((resolve) => reader.on("close", resolve));
    expect((await run(["record", mbaff, "-o", pipe])).status).toBe(0);
    await read;
    expect(text).toBe((await run(["record", mbaff])).stdout);
  });

  it("stays as it was when the program is interrupted, and no part is left", { tags: "long" }, async () => {
    const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const path = precious();
    const child = spawn(process.execPath, ["--import", "tsx", program, "record", "-", "-o", path], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
    // Its input does not end. It is gone when the pipe is.
    child.stdin.on("error", () => {});
    for (let turn = 0; turn < 20; turn++) child.stdin.write(readFileSync(mbaff));
    while (readdirSync(folder).length === 1) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    expect(await ended).toBe("SIGINT");
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it.skipIf(process.getuid?.() === 0)("is written in its place where its folder takes no other file", async () => {
    const closed = join(folder, "closed");
    mkdirSync(closed);
    writeFileSync(join(closed, "out"), "");
    chmodSync(closed, 0o555);
    expect((await run(["record", mbaff, "-o", join(closed, "out")])).status).toBe(0);
    chmodSync(closed, 0o755);
  });
});
