import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "recorder-"));
afterAll(() => rmSync(folder, { recursive: true }));

const recorder = fileURLToPath(new URL("../../src/capture/recorder.c", import.meta.url));

/** Queues a buffer on a file that is no device: the recorder writes the call down all the same. */
const program = `
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
int main(void)
{
	struct v4l2_plane planes[1] = { { .bytesused = 9 } };
	struct v4l2_buffer buffer = { .index = 3, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, .memory = V4L2_MEMORY_MMAP };
	int file = open("/dev/null", O_RDWR), copy = fcntl(file, F_DUPFD, 40);

	buffer.timestamp.tv_sec = 5;
	buffer.timestamp.tv_usec = 7;
	buffer.m.planes = planes;
	buffer.length = 1;
	buffer.flags = V4L2_BUF_FLAG_REQUEST_FD;
	buffer.request_fd = 77;
	ioctl(copy, VIDIOC_QBUF, &buffer);
	return printf("%zu\\n", sizeof(buffer)) < 0;
}
`;

/** Compiles with warnings as errors. @returns whether the compiler could. */
function compiled(output: string, source: string, options: readonly string[]): boolean {
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", ...options, "-o", join(folder, output), source, "-ldl"];
  return spawnSync("cc", flags).status === 0;
}

writeFileSync(join(folder, "program.c"), program);
writeFileSync(join(folder, "empty.c"), "int main(void) { return 0; }\n");

/** What the compiler is told, and the size of struct v4l2_buffer with it on x86. */
const forms = [
  ["64 bits", ["-m64"], 88],
  ["32 bits", ["-m32"], 68],
  ["32 bits with times of 64", ["-m32", "-D_TIME_BITS=64", "-D_FILE_OFFSET_BITS=64"], 76],
] as const;
const available = forms.filter(
  ([, options]) => process.arch === "x64" && compiled("empty", join(folder, "empty.c"), options),
);

describe.skipIf(available.length === 0)("the recorder", { tags: "long" }, () => {
  it.each(
    available.flatMap((own) => available.map((other) => [own, other] as const)).filter(([[, [a]], [, [b]]]) => a === b),
  )("sees the same buffer: %s, in a program: %s", ([, options], [, programOptions, size]) => {
    expect(compiled("recorder.so", recorder, [...options, "-shared", "-fPIC"])).toBe(true);
    expect(compiled("program", join(folder, "program.c"), programOptions)).toBe(true);
    const log = join(folder, "calls.log");
    const env = { ...process.env, V4L2_STATELESS_LOG: log, LD_PRELOAD: join(folder, "recorder.so") };
    const { stdout, stderr } = spawnSync(join(folder, "program"), { env, encoding: "utf8" });
    expect([stdout, stderr]).toEqual([`${size}\n`, ""]);
    const calls = readFileSync(log, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    rmSync(log);
    expect(calls).toMatchObject([
      { call: "duplicate", path: "/dev/null", copy: 40 },
      { call: "VIDIOC_QBUF", fd: 40, type: 9, index: 3, memory: 1, timestamp: "5000007000", request: 77, error: 25 },
    ]);
  });
});
