import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "./command-line.ts";

const parent = temporaryFolder();
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

  it.each(["record --with-data", "export"])(
    "is an error where it is a pipe whose reader goes away: %s",
    async (command) => {
      const pipe = join(folder, "pipe");
      expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
      const reader = spawn("head", ["-c", "1", pipe], { stdio: "ignore" });
      const gone = new Promise((resolve) => reader.on("close", resolve));
      expect(await run([...command.split(" "), "test/fixtures/vp9_lossless.ivf", "-o", pipe])).toEqual({
        status: 2,
        stdout: "",
        stderr: `v4l2-stateless: ${pipe}: its reader closed it before everything was written\n`,
      });
      await gone;
    },
  );

  it("is written to its end where it is /dev/stdout, a pipe that is read late", { tags: "long" }, () => {
    const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const command = `"${process.execPath}" --import tsx "${program}" record --with-data test/fixtures/vp9_lossless.ivf`;
    const text = (script: string) => spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout;
    expect(text(`${command} -o /dev/stdout | (sleep 1; wc -c)`)).toBe(text(`${command} | wc -c`));
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

  it("leaves no part where a signal comes when it has just been made", { tags: "long" }, () => {
    const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const hook = join(parent, "hook.mjs");
    writeFileSync(
      hook,
      `import fs from "node:fs";
       import { syncBuiltinESMExports } from "node:module";
       const { open, openSync } = fs;
       const made = (path) => {
         if (String(path).endsWith(".part")) process.kill(process.pid, "SIGTERM");
       };
       fs.open = (path, ...rest) => {
         const then = rest.pop();
         open(path, ...rest, (error, fd) => {
           made(path);
           then(error, fd);
         });
       };
       fs.openSync = (path, ...rest) => {
         const fd = openSync(path, ...rest);
         made(path);
         return fd;
       };
       syncBuiltinESMExports();`,
    );
    const path = precious();
    const options = ["--import", "tsx", "--import", hook, program, "record", mbaff, "-o", path];
    expect(spawnSync(process.execPath, options).signal).toBe("SIGTERM");
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it("is made where a link names it that is not there", async () => {
    mkdirSync(join(folder, "deep"));
    symlinkSync("deep/second", join(folder, "link"));
    symlinkSync("made", join(folder, "deep", "second"));
    expect(await run(["record", mbaff, "-o", join(folder, "link")])).toMatchObject({ status: 0 });
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(folder, "deep", "second")).isSymbolicLink()).toBe(true);
    expect(statSync(join(folder, "deep", "made")).size).toBeGreaterThan(1000);
    expect(readdirSync(join(folder, "deep")).sort()).toEqual(["made", "second"]);
  });

  it("is what the program's output is redirected to, with what others write there", { tags: "long" }, () => {
    const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const path = join(folder, "all");
    symlinkSync("/dev/stdout", join(folder, "link"));
    for (const output of ["/dev/stdout", join(folder, "link")]) {
      const record = `${process.execPath} --import tsx ${program} record ${mbaff} -o ${output}`;
      const { status } = spawnSync("sh", ["-c", `(echo first; ${record}; echo last) > ${path}`]);
      expect(status).toBe(0);
      expect(readFileSync(path, "utf8")).toMatch(/^first\n\{[\s\S]{1000,}\}\nlast\n$/);
    }
  });

  it("keeps its other names", async () => {
    const path = precious();
    linkSync(path, join(folder, "other"));
    expect(await run(["record", mbaff, "-o", path])).toMatchObject({ status: 0 });
    expect(statSync(path).ino).toBe(statSync(join(folder, "other")).ino);
    expect(statSync(path).size).toBeGreaterThan(1000);
    expect(readdirSync(folder).sort()).toEqual(["other", "out"]);
  });

  it("is compressed where its name says so, also a trace", async () => {
    const path = join(folder, "trace.json.gz");
    expect((await run(["export", mbaff, "-o", path])).status).toBe(0);
    expect(gunzipSync(readFileSync(path)).toString()).toBe((await run(["export", mbaff])).stdout);
  });

  it("may have the longest name, and a longer one is refused", async () => {
    const longest = join(folder, "x".repeat(255));
    expect(await run(["record", mbaff, "-o", longest])).toMatchObject({ status: 0 });
    expect(statSync(longest).size).toBeGreaterThan(1000);
    expect((await run(["record", mbaff, "-o", `${longest}x`])).status).toBe(2);
    expect(readdirSync(folder).length).toBe(1);
  });

  it("that cannot be replaced leaves what was written, and the message says where", async () => {
    const path = join(folder, "out");
    const input = readFileSync(mbaff);
    const stdin = (function* () {
      for (let turn = 0; turn < 20; turn++) yield input;
      mkdirSync(path);
    })();
    const { status, stderr } = await run(["record", "-", "-o", path], { stdin });
    const part = readdirSync(folder).find((name) => name !== "out") ?? "none";
    expect(status).toBe(2);
    expect(stderr).toContain(`what was written is in ${join(folder, part)}`);
    expect(stderr.split(folder).length).toBe(3);
    expect(statSync(join(folder, part)).size).toBeGreaterThan((await run(["record", mbaff])).stdout.length);
  });
});

/** Root may write everything: as root the program is run as another user. */
describe("a file that -o names, of a user who may not do everything", { tags: "long" }, () => {
  const nobody = 65534;
  const uid = process.getuid?.() === 0 ? nobody : undefined;

  function own(path: string): void {
    if (uid !== undefined) chownSync(path, uid, uid);
  }

  /** @param whileOpen is called after the first part of the file was made, if one is. */
  async function record(path: string, whileOpen?: () => void): Promise<{ status: number | null; stderr: string }> {
    const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    chmodSync(parent, 0o755);
    const child = spawn(process.execPath, ["--import", "tsx", program, "record", "-", "-o", path], {
      stdio: ["pipe", "ignore", "pipe"],
      uid,
      gid: uid,
    });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    child.stdin.on("error", () => {});
    // So much that the file is made before the input ends.
    for (let turn = 0; turn < 20; turn++) child.stdin.write(readFileSync(mbaff));
    if (whileOpen !== undefined) {
      const before = readdirSync(join(path, "..")).length;
      while (readdirSync(join(path, "..")).length === before && child.exitCode === null && child.signalCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      whileOpen();
    }
    child.stdin.end();
    return { status: await ended, stderr };
  }

  it("is written in its place where its folder takes no other file", async () => {
    const path = precious();
    own(path);
    chmodSync(folder, 0o555);
    expect(await record(path)).toEqual({ status: 0, stderr: "" });
    expect(statSync(path).size).toBeGreaterThan(1000);
    expect(readdirSync(folder)).toEqual(["out"]);
    chmodSync(folder, 0o755);
  });

  it("gets a copy where it cannot be replaced any more", async () => {
    const path = precious();
    own(path);
    own(folder);
    chmodSync(folder, 0o755);
    expect(await record(path, () => chmodSync(folder, 0o555))).toEqual({ status: 0, stderr: "" });
    expect(statSync(path).size).toBeGreaterThan((await run(["record", mbaff])).stdout.length);
    chmodSync(folder, 0o755);
  });

  it("is refused where it may not be written", async () => {
    const path = precious();
    own(path);
    own(folder);
    chmodSync(path, 0o444);
    expect(await record(path)).toEqual({ status: 2, stderr: `v4l2-stateless: ${path}: permission denied\n` });
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it.runIf(uid !== undefined)("takes a copy where it may be written and not read", async () => {
    const path = precious();
    chmodSync(path, 0o222);
    own(folder);
    chmodSync(folder, 0o755);
    expect(await record(path)).toEqual({ status: 0, stderr: "" });
    expect(statSync(path).uid).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o222);
    expect(statSync(path).size).toBeGreaterThan(1000);
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it.runIf(uid !== undefined)("keeps its owner", async () => {
    const path = precious();
    own(path);
    expect(await run(["record", mbaff, "-o", path])).toMatchObject({ status: 0 });
    expect([statSync(path).uid, statSync(path).gid]).toEqual([nobody, nobody]);
    expect(readdirSync(folder)).toEqual(["out"]);
  });
});
