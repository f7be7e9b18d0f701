import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { readRecord } from "../../src/record/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "./command-line.ts";

const folder = temporaryFolder();
const captured = (name: string) => fixture(`captures/${name}.gz`);
/** What lint says last. */
const nothingFound = /: \d+ requests?; nothing found$/;
const hasCompiler = spawnSync("cc", ["--version"]).status === 0;

describe("import", () => {
  const writes = "writes a record of what %s saw, which the commands take";
  it.each(["strace", "recorder"])(writes, writesRecord);
  it.each(["v4l2-tracer", "ftrace"])(writes, { tags: "long" }, writesRecord);

  async function writesRecord(kind: string): Promise<void> {
    const path = join(folder, `${kind}.jsonl`);
    expect(await run(["import", captured(`vp8_altref.ivf.${kind}`), "-o", path])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    const record = readRecord(readFileSync(path, "utf8"));
    expect(record.lines.filter(({ type }) => type === "request")).toHaveLength(20);
    expect((await run(["inspect", path])).stdout).toBe(
      (await run(["inspect", captured(`vp8_altref.ivf.${kind}`)])).stdout,
    );
    expect(await run(["validate", captured(`vp8_altref.ivf.${kind}`)])).toMatchObject({ status: 0 });
  }

  it("reads what is whole of a trace that is cut off, and says so on standard error", async () => {
    const text = gunzipSync(readFileSync(captured("vp8_altref.ivf.v4l2-tracer")));
    const path = join(folder, "cut.json");
    writeFileSync(path, text.subarray(0, 500_000));
    for (const command of ["import", "inspect", "stats", "lint"]) {
      const { status, stderr } = await run([command, path]);
      expect([command, status]).toEqual([command, 0]);
      const [warning, ...others] = stderr.split("\n");
      expect(warning).toMatch(
        /^.*cut\.json: line \d+: the capture is cut off in the middle of .*: capture again where .*$/,
      );
      expect(others).toEqual(command === "lint" ? [expect.stringMatching(nothingFound), ""] : [""]);
    }
  });

  it.each(["utf-16le", "utf-16be"])(
    "reads the %s that PowerShell writes into a file: of captures and of records",
    async (encoding) => {
      const record = (await run(["import", captured("vp8_altref.ivf.strace"), "-o", "-"])).stdout;
      const log = gunzipSync(readFileSync(captured("vp8_altref.ivf.strace"))).toString();
      const path = join(folder, encoding);
      for (const text of [log, record]) {
        const bytes = Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`, "utf16le");
        writeFileSync(path, encoding === "utf-16be" ? bytes.swap16() : bytes);
        expect(await run(["inspect", path])).toEqual(await run(["inspect", captured("vp8_altref.ivf.strace")]));
      }
    },
  );

  it("shows progress on a terminal where nothing else is printed meanwhile", async () => {
    const log = gunzipSync(readFileSync(captured("vp8_altref.ivf.strace")));
    const shown = async (...argv: string[]) => {
      let now = 0;
      const clock = vi.spyOn(Date, "now").mockImplementation(() => (now += 600));
      const stdin = Array.from({ length: 20 }, (_, i) => log.subarray(i * 20_000, (i + 1) * 20_000));
      const { stderr } = await run(argv, { stdin, terminal: true });
      clock.mockRestore();
      const clear = "\u001b[K";
      return /\r0\.\d MB$/.test(stderr.split(clear)[0] ?? "") && stderr.endsWith(`\r${clear}`);
    };
    expect(await shown("import", "-", "-o", join(folder, "progress.jsonl"))).toBe(true);
    expect(await shown("stats", "-")).toBe(true);
    for (const command of ["import", "inspect", "lint"])
      expect([command, await shown(command, "-")]).toEqual([command, false]);
  });

  it("writes bytes only where they are wanted", async () => {
    const data = async (...options: string[]) =>
      /"data":"/.test((await run(["import", captured("vp8_altref.ivf.v4l2-tracer"), ...options])).stdout);
    expect([await data(), await data("--with-data")]).toEqual([false, true]);
  });

  const testSame = async (name: string) => {
    for (const kind of ["strace", "recorder", "v4l2-tracer"]) {
      const golden = fixture(`${name}.gst-frame.jsonl.br`);
      const { status, stdout } = await run(["diff", golden, captured(`${name}.${kind}`)]);
      expect({ kind, status, stdout }).toMatchObject({ kind, status: 0 });
    }
  };
  const same = "is the same to diff, whatever captured it: %s";
  it.each(["mpeg2_interlaced.m2v"])(same, testSame);
  it.each(["av1_8bit.ivf", "vp8_altref.ivf", "vp9_altref_superframes.ivf"])(same, { tags: "long" }, testSame);

  it.each(["strace", "recorder", "v4l2-tracer", "ftrace"])(
    "is compared with the stream in the mode that it was made in, also where no menu shows it: %s",
    { tags: "long" },
    async (kind) => {
      const log = captured(`h264_baseline_slices.264.${kind}`);
      const { stdout } = await run(["diff", fixture("h264_baseline_slices.264"), log]);
      expect(stdout).toMatch(/^60 pairs, 60 differ$/m);
      expect(stdout).not.toMatch(/DECODE_MODE|START_CODE|compared picture by picture/);
    },
  );

  it("refuses what is a stream or a record already", async () => {
    const { stderr } = await run(["import", fixture("vp8_altref.ivf")]);
    expect(stderr).toMatch(/vp8_altref\.ivf: a stream, not a capture; v4l2-stateless record makes its requests\n$/);
    const path = join(folder, "record.jsonl");
    writeFileSync(path, (await run(["record", fixture("vp8_altref.ivf")])).stdout);
    expect((await run(["import", path])).stderr).toMatch(/: this is a record already\n$/);
  });

  it("is named by commands that read streams only", async () => {
    const capture = captured("vp8_altref.ivf.strace");
    const ofRecord = await run(["record", capture]);
    expect(ofRecord.stderr).toMatch(/: a capture, not a stream; v4l2-stateless import makes its record\n$/);
    const ofTrace = await run(["trace", capture]);
    expect(ofTrace.stderr).toMatch(/: a capture holds no syntax elements; trace reads streams\n$/);
    expect([ofRecord.status, ofTrace.status]).toEqual([2, 2]);
  });

  it("chooses by codec, and says so where there is none", async () => {
    const capture = captured("vp8_altref.ivf.strace");
    expect((await run(["import", "--codec", "vp8", capture])).status).toBe(0);
    const { status, stderr } = await run(["import", "--codec", "vp9", capture]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/no request of vp9 is queued in this capture/)]);
  });

  it("reads a folder of strace -ff, and says where there is none", async () => {
    const text = gunzipSync(readFileSync(captured("mpeg2_interlaced.m2v.strace"))).toString();
    for (const line of text.split("\n")) {
      const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
      if (thread !== undefined) writeFileSync(join(folder, `log.${thread}`), `${rest}\n`, { flag: "a" });
    }
    expect((await run(["inspect", folder])).stdout.trimEnd().split("\n").length).toBeGreaterThan(20);
    const empty = mkdtempSync(join(folder, "empty"));
    expect((await run(["inspect", empty])).stderr).toMatch(/is a directory, and no file in it is one of strace -ff/);
  });
});

describe("stats and lint", () => {
  it("print what they find, for people and programs", async () => {
    const mistake = captured("unknown-reference.strace");
    const { status, stdout, stderr } = await run(["lint", mistake]);
    expect([status, stdout, stderr]).toEqual([
      1,
      expect.stringMatching(/\.gz:35: MEDIA_REQUEST_IOC_QUEUE: no buffer .*\[unknown-reference\]\n$/),
      `${mistake}: 3 requests; 1 mistake found\n`,
    ]);
    const lines = (await run(["lint", "--json", mistake])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { type: "finding", rule: "unknown-reference", line: 35 },
      { type: "lintResult", findings: 1 },
    ]);
    const none = captured("none.strace");
    const found = (text: string) => ({ status: 0, stdout: "", stderr: `${none}: ${text}; nothing found\n` });
    expect(await run(["lint", none])).toEqual(found("2 requests"));
    const probing = join(folder, "probing.strace");
    writeFileSync(probing, '1 ioctl(3</dev/video0>, VIDIOC_QUERYCAP, {driver="visl"}) = 0\n');
    expect(await run(["lint", probing])).toEqual({
      status: 0,
      stdout: "",
      stderr: `${probing}: no request to look at; nothing found\n`,
    });
    const table = (await run(["stats", captured("vp9_altref_superframes.ivf.strace")])).stdout;
    expect(table).toMatch(/^process: vp9$/m);
    expect(table).toMatch(/^ +20 {2}MEDIA_REQUEST_IOC_QUEUE$/m);
    const types = (await run(["stats", "--json", captured("vp9_altref_superframes.ivf.strace")])).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(new Set(types)).toEqual(new Set(["decoder", "process", "handoff"]));
  });

  it("lint looks at one of two codecs where --codec chooses it, as its refusal advises", async () => {
    const text = (name: string) => gunzipSync(readFileSync(captured(`${name}.strace`))).toString();
    const path = join(folder, "two-codecs.log");
    writeFileSync(path, text("vp8_altref.ivf") + text("unknown-reference").replace(/^\d+/gm, "189"));
    const { status, stderr } = await run(["lint", path]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/after vp8; a record has one codec: choose with --codec\n$/),
    ]);
    expect(await run(["lint", "--codec", "vp8", path])).toEqual({
      status: 0,
      stdout: "",
      stderr: `${path}: 20 requests; nothing found\n`,
    });
    const chosen = await run(["lint", "--codec", "h264", path]);
    expect([chosen.status, chosen.stdout]).toEqual([1, expect.stringMatching(/^.*\[unknown-reference\]\n$/)]);
    expect(await run(["lint", "--codec", "av1", path])).toEqual({
      status: 2,
      stdout: "",
      stderr: `v4l2-stateless: ${path}: no request of av1 is queued in this capture (MEDIA_REQUEST_IOC_QUEUE)\n`,
    });
    // stats has a table for each.
    const { stdout } = await run(["stats", path]);
    expect(stdout.match(/^process: \w+$/gm)).toEqual(["process: vp8", "process: h264"]);
  });

  it("say that a file is empty", async () => {
    const path = join(folder, "empty.log");
    writeFileSync(path, "");
    for (const command of ["stats", "lint", "inspect"]) {
      const { status, stderr } = await run([command, path]);
      expect([status, stderr]).toEqual([
        2,
        expect.stringContaining("empty.log: empty: it has no bytes; was it written"),
      ]);
    }
  });

  it("take captures only", async () => {
    for (const command of ["stats", "lint"]) {
      const { status, stderr } = await run([command, fixture("vp8_altref.ivf")]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/: no capture: it must be a log of strace/)]);
    }
    const path = join(folder, "vp8.jsonl");
    writeFileSync(path, (await run(["record", fixture("vp8_altref.ivf")])).stdout);
    for (const command of ["stats", "lint"]) {
      const { status, stderr } = await run([command, path]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/: a record, not a capture: it has the requests/)]);
    }
  });
});

describe.skipIf(!hasCompiler)("capture", () => {
  it("says that a program used no device, and ends with an error", async () => {
    const { status, stderr } = await run(["capture", "-o", join(folder, "none.jsonl"), "--", "true"]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^v4l2-stateless: true made no call on a device/)]);
  });

  it("says how a program failed, and ends with its status, as --help says", async () => {
    const ending = (script: string) => run(["capture", "-o", join(folder, "none.jsonl"), "--", "sh", "-c", script]);
    expect(await ending("exit 7")).toEqual({
      status: 7,
      stdout: "",
      stderr: "v4l2-stateless: sh ended with exit status 7, and made no call on a device before\n",
    });
    expect(await ending("kill -SEGV $$")).toEqual({
      status: 139,
      stdout: "",
      stderr: "v4l2-stateless: sh ended with the signal SIGSEGV, and made no call on a device before\n",
    });
  });

  it("does not run the program where the output cannot be written", async () => {
    const ran = join(folder, "ran");
    const { status, stderr } = await run(["capture", "-o", join(folder, "no", "x.jsonl"), "--", "touch", ran]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/x\.jsonl: no such file or directory/)]);
    expect(existsSync(ran)).toBe(false);
    const before = join(folder, "before.jsonl");
    writeFileSync(before, "as it was");
    linkSync(before, join(folder, "other-name.jsonl"));
    expect((await run(["capture", "-o", before, "--", "touch", ran])).stderr).toMatch(/touch made no call on a device/);
    expect([existsSync(ran), readFileSync(before, "utf8")]).toEqual([true, "as it was"]);
  });

  it("keeps what was recorded where it makes no record, and says where", async () => {
    const path = join(folder, "kept.jsonl");
    const script = 'echo \'{"call":"close","process":1,"thread":1,"fd":3}\' > "$V4L2_STATELESS_LOG"';
    const keptBy = async (program: string) => {
      const { status, stderr } = await run(["capture", "-o", path, "--", "sh", "-c", program]);
      const [, before, log = ""] =
        /^v4l2-stateless: (.*?)\S+: no request is queued.*; what the recorder wrote is in (\S+): v4l2-stateless stats and lint read it\n$/.exec(
          stderr,
        ) ?? [];
      expect([existsSync(path), readFileSync(log, "utf8")]).toEqual([
        false,
        expect.stringMatching(/^\{"call":"close"/),
      ]);
      // What is said of it is true.
      expect((await run(["stats", log])).status).toBe(0);
      rmSync(dirname(log), { recursive: true });
      return [status, before];
    };
    expect(await keptBy(script)).toEqual([2, ""]);
    expect(await keptBy(`${script}; exit 7`)).toEqual([7, "sh ended with exit status 7; "]);
  });

  it("needs a program", async () => {
    expect((await run(["capture"])).stderr).toMatch(/capture: name a program and its arguments after --/);
    const { stderr } = await run(["capture", "--", "no-such-program-here"]);
    expect(stderr).toMatch(/no-such-program-here: there is no such program; .*ENOENT/);
    expect((await run(["capture", "--", "/etc/passwd"])).stderr).toMatch(/passwd: it may not be executed: .*EACCES/);
  });

  it("compiles without warnings, also for 32 bits where the compiler can", { tags: "long" }, () => {
    const source = "src/capture/recorder.c";
    const build = (...options: string[]) =>
      spawnSync(
        "cc",
        [
          ...options,
          "-O2",
          "-Wall",
          "-Wextra",
          "-Werror",
          "-shared",
          "-fPIC",
          "-o",
          join(folder, "r.so"),
          source,
          "-ldl",
        ],
        { encoding: "utf8" },
      );
    expect(build()).toMatchObject({ status: 0, stderr: "" });
    const canDo32 = spawnSync("cc", ["-m32", "-x", "c", "-o", join(folder, "x"), "-"], {
      input: "#include <stdio.h>\nint main(void){return 0;}",
    });
    if (canDo32.status !== 0) return;
    expect(build("-m32")).toMatchObject({ status: 0, stderr: "" });
    // As some systems of 32 bits do unasked.
    expect(build("-m32", "-D_TIME_BITS=64", "-D_FILE_OFFSET_BITS=64")).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("a compressed capture that is cut off or damaged", () => {
  const whole = readFileSync(captured("vp8_altref.ivf.recorder"));
  const text = gunzipSync(whole);
  /** Blocks that are not as long as the whole. */
  const packed = { gz: gzipSync(text), br: brotliCompressSync(text) };
  const requestsOf = (record: string) => readRecord(record).lines.filter(({ type }) => type === "request").length;

  it.each(["gz", "br"] as const)(
    "is read as far as it is whole, with one line that says where: .%s",
    async (ending) => {
      const bytes = packed[ending];
      const place = (name: string, content: Uint8Array) => {
        const path = join(folder, `${name}.${ending}`);
        writeFileSync(path, content);
        return path;
      };
      const cut = place("cut.log", bytes.subarray(0, Math.floor(bytes.length * 0.8)));
      const compression = ending === "gz" ? "gzip" : "brotli";
      for (const command of ["import", "inspect", "stats", "lint"]) {
        const { status, stdout, stderr } = await run([command, cut]);
        expect([command, status]).toEqual([command, 0]);
        expect(stderr).toMatch(
          new RegExp(
            `^.*cut\\.log\\.${ending}: line \\d+: compressed with ${compression}, and cut off: .* is read: copy it again, or capture again where the rest matters\\n${command === "lint" ? ".*: \\d+ requests; nothing found\\n" : ""}$`,
          ),
        );
        if (command !== "import") continue;
        // As many requests as the text has up to that line.
        const line = Number(/line (\d+)/.exec(stderr)?.[1]);
        const plain = join(folder, "plain.log");
        writeFileSync(
          plain,
          `${text
            .toString()
            .split("\n")
            .slice(0, line - 1)
            .join("\n")}\n`,
        );
        expect(requestsOf(stdout)).toBe(requestsOf((await run(["import", plain])).stdout));
        expect(requestsOf(stdout)).toBeGreaterThan(8);
      }
    },
  );

  it("is read up to the damage, too", async () => {
    const bytes = Buffer.from(packed.gz);
    bytes.fill(0xff, Math.floor(bytes.length * 0.7), Math.floor(bytes.length * 0.7) + 8);
    const path = join(folder, "damaged.log.gz");
    writeFileSync(path, bytes);
    const { status, stdout, stderr } = await run(["import", path]);
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(
        /damaged\.log\.gz: line \d+: compressed with gzip, and damaged; what comes before it is read/,
      ),
    ]);
    expect(requestsOf(stdout)).toBeGreaterThan(5);
  });

  it("is refused where nothing of it can be read", async () => {
    const path = join(folder, "none.log.gz");
    writeFileSync(path, packed.gz.subarray(0, 12));
    const { status, stderr } = await run(["lint", path]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/none\.log\.gz: compressed with gzip, and cut off/)]);
  });
});

describe("diff", () => {
  it("says of a capture where the kernel refused a call, and where the driver could not decode", async () => {
    const text = gunzipSync(readFileSync(captured("vp8_altref.ivf.recorder"))).toString();
    const lines = text.split("\n");
    const at = lines.flatMap((line, i) => (/"VIDIOC_S_EXT_CTRLS".*"request":/.test(line) ? [i] : []))[10] as number;
    const refused = join(folder, "refused.log");
    writeFileSync(refused, [...lines.slice(0, at), (lines[at] as string).replace(/}$/, ',"error":22}')].join("\n"));
    const failed = join(folder, "failed.log");
    writeFileSync(
      failed,
      text.replace(/(?<="call":"VIDIOC_DQBUF".*"type":9,.*"flags":)\d+/g, (flags) => `${+flags | 64}`),
    );
    const whole = captured("vp8_altref.ivf.recorder");
    const cut = await run(["diff", whole, refused]);
    expect(cut.stdout).toMatch(/b ends early/);
    expect(cut.stderr).toMatch(
      new RegExp(
        `refused\\.log: error: VIDIOC_S_EXT_CTRLS of line ${at + 1}: the kernel refuses .* of request \\d+ with EINVAL`,
      ),
    );
    const { status, stdout, stderr } = await run(["diff", whole, failed]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("a driver gets the same") });
    expect(stderr).toMatch(
      /failed\.log: line \d+: \d+ pictures come back with V4L2_BUF_FLAG_ERROR, the first one here/,
    );
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    for (const path of [refused, failed])
      expect(await run(["lint", path])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/ requests; 1 mistake found\n$/),
      });
  });
});

describe("text that is no input", () => {
  it("is said to be that, with what captures look like", async () => {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "0:00:00.1 DEBUG v4l2codecs message\n".repeat(10));
    for (const command of ["inspect", "lint", "stats", "import"]) {
      const { status, stderr } = await run([command, path]);
      expect([command, status]).toEqual([command, 2]);
      expect(stderr).toMatch(/notes\.txt: text, and neither a stream, a record nor a capture that is known: /);
    }
  });
});
