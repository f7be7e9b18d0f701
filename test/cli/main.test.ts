import { spawn } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture } from "./command-line.ts";

const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/**
 * Runs the program itself.
 *
 * @param readBytes its standard output is closed after so many.
 * @param uid the user to run it as: root may read everything.
 */
function start(argv: readonly string[], { readBytes = Infinity, uid = process.getuid?.() } = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", program, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    uid,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    if (stdout.length >= readBytes) child.stdout.destroy();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

describe("the program", () => {
  it("exits with the command's status", async () => {
    const results = await Promise.all([start(["--version"]), start(["frob"])]);
    expect(results.map(({ status }) => status)).toEqual([0, 2]);
    expect(results[0]!.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(results[1]!.stderr).toMatch(/^v4l2-stateless: unknown command frob;.*\n$/);
  });

  it("exits with 0 after a command that reads a file", { tags: "long" }, async () => {
    const { status } = await start(["inspect", fixture("vp8_odd_size.ivf.gst-frame.jsonl.br")]);
    expect(status).toBe(0);
  });

  it("ends quietly when nobody reads its output any more", { tags: "long" }, async () => {
    const { status, stderr } = await start(["trace", fixture("h264_high_bpyramid.264")], { readBytes: 10 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it.runIf(existsSync("/dev/full"))("says when its output finds no space", { tags: "long" }, async () => {
    const { status, stderr } = await start(["record", fixture("h264_high_bpyramid.264"), "-o", "/dev/full"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "v4l2-stateless: /dev/full: no space left\n" });
  });

  it("says when a file may not be read", { tags: "long" }, async () => {
    const folder = temporaryFolder();
    const path = join(folder, "secret.264");
    writeFileSync(path, "x");
    chmodSync(folder, 0o755);
    chmodSync(path, 0);
    const nobody = 65534;
    const { status, stderr } = await start(["inspect", path], { uid: process.getuid?.() === 0 ? nobody : undefined });
    rmSync(folder, { recursive: true });
    expect({ status, stderr }).toEqual({ status: 2, stderr: `v4l2-stateless: ${path}: permission denied\n` });
  });
});
