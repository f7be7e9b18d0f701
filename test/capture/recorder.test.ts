import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();

const recorder = fileURLToPath(new URL("../../src/capture/recorder.c", import.meta.url));

/** Queues a buffer on a file that is no device: the recorder writes the call down all the same. Another file has a request's name. */
const program = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
int main(void)
{
	struct v4l2_plane planes[1] = { { .bytesused = 9 } };
	struct v4l2_buffer buffer = { .index = 3, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, .memory = V4L2_MEMORY_MMAP };
	int file = open("/dev/null", O_RDWR), copy = fcntl(file, F_DUPFD, 40);

	fcntl(memfd_create("request", 0), F_DUPFD, 41);
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

/** What a program may do that the kernel refuses, or that takes the log's descriptor away. */
const hostile = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **arguments)
{
	struct v4l2_plane plane = { .bytesused = 100000 };
	struct v4l2_buffer buffer = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, .memory = V4L2_MEMORY_DMABUF, .length = 1 };
	struct v4l2_ext_control controls[] = { { .id = 0xa40902, .size = 1048, .ptr = (void *)8 }, { .id = 0xa40900, .value = 1 } };
	struct v4l2_ext_controls set = { .count = 3 };
	int type = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, file = open("/dev/null", O_RDWR);

	ioctl(file, VIDIOC_QBUF, NULL);
	ioctl(file, VIDIOC_QBUF, &buffer);
	buffer.m.planes = &plane;
	plane.m.fd = memfd_create("short", 0);
	if (ftruncate(plane.m.fd, 4096))
		return 2;
	ioctl(file, VIDIOC_QBUF, &buffer);
	ioctl(file, VIDIOC_S_EXT_CTRLS, &set);
	set.count = 2;
	set.controls = controls;
	ioctl(file, VIDIOC_S_EXT_CTRLS, &set);
	syscall(SYS_close_range, 3, ~0U, 0);
	file = open(arguments[count - 1], O_RDWR | O_CREAT, 0600);
	while (dup(file) < 1000)
		;
	errno = 0;
	ioctl(file, VIDIOC_STREAMON, &type);
	printf("%d\\n", errno);
	return 0;
}
`;

/** Compiles with warnings as errors. @returns whether the compiler could. */
function compiled(output: string, source: string, options: readonly string[], compiler = "cc"): boolean {
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", ...options, "-o", join(folder, output), source, "-ldl"];
  return spawnSync(compiler, flags).status === 0;
}

writeFileSync(join(folder, "program.c"), program);
writeFileSync(join(folder, "hostile.c"), hostile);
writeFileSync(join(folder, "empty.c"), "int main(void) { return 0; }\n");

/** The lines of a log, which is removed. */
function callsIn(log: string): Record<string, unknown>[] {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  rmSync(log);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

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
  it.each(available)("neither ends a program nor writes into its files: %s", (_, options) => {
    expect(compiled("recorder.so", recorder, [...options, "-shared", "-fPIC"])).toBe(true);
    expect(compiled("hostile", join(folder, "hostile.c"), options)).toBe(true);
    const [log, own] = [join(folder, "calls.log"), join(folder, "own.txt")];
    const env = {
      ...process.env,
      V4L2_STATELESS_LOG: log,
      V4L2_STATELESS_DATA: "1",
      LD_PRELOAD: join(folder, "recorder.so"),
    };
    const { status, stdout, stderr } = spawnSync(join(folder, "hostile"), [own], { env, encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([0, "25\n", ""]);
    expect(readFileSync(own, "utf8")).toBe("");
    const calls = callsIn(log).filter(({ call }) => call !== "duplicate");
    expect(calls.map(({ call, error, bytes, controls }) => [call, error, bytes, controls])).toEqual([
      ["VIDIOC_QBUF", 25, undefined, undefined],
      ["VIDIOC_QBUF", 25, undefined, undefined],
      ["VIDIOC_QBUF", 25, 100000, undefined],
      ["VIDIOC_S_EXT_CTRLS", 25, undefined, []],
      [
        "VIDIOC_S_EXT_CTRLS",
        25,
        undefined,
        [
          [0xa40902, ""],
          [0xa40900, 1],
        ],
      ],
      ["VIDIOC_STREAMON", 25, undefined, undefined],
    ]);
    expect(calls.some((call) => "data" in call || "crc32" in call)).toBe(false);
  });

  it.each(
    available.flatMap((own) => available.map((other) => [own, other] as const)).filter(([[, [a]], [, [b]]]) => a === b),
  )("sees the same buffer: %s, in a program: %s", ([, options], [, programOptions, size]) => {
    expect(compiled("recorder.so", recorder, [...options, "-shared", "-fPIC"])).toBe(true);
    expect(compiled("program", join(folder, "program.c"), programOptions)).toBe(true);
    const log = join(folder, "calls.log");
    const env = { ...process.env, V4L2_STATELESS_LOG: log, LD_PRELOAD: join(folder, "recorder.so") };
    const { stdout, stderr } = spawnSync(join(folder, "program"), { env, encoding: "utf8" });
    expect([stdout, stderr]).toEqual([`${size}\n`, ""]);
    const calls = callsIn(log);
    expect(calls).toMatchObject([
      { call: "duplicate", path: "/dev/null", copy: 40 },
      { call: "duplicate", path: "/memfd:request (deleted)", copy: 41 },
      { call: "VIDIOC_QBUF", fd: 40, type: 9, index: 3, memory: 1, timestamp: "5000007000", request: 77, error: 25 },
    ]);
  });
});

/** The C library of Alpine and postmarketOS. Of the kernel's headers it has none: they are those of this system. */
const musl = ["/usr/include", `/usr/include/${spawnSync("cc", ["-dumpmachine"]).stdout}`.trim()].flatMap((path) => [
  "-idirafter",
  path,
]);
const hasMusl = compiled("empty", join(folder, "empty.c"), [], "musl-gcc");
const title = hasMusl ? "with musl" : "with musl (skipped: there is no musl-gcc)";

describe.skipIf(!hasMusl)(`the recorder, ${title}`, { tags: "long" }, () => {
  it("compiles without warnings, and sees the calls of a program", () => {
    expect(compiled("recorder.so", recorder, [...musl, "-shared", "-fPIC"], "musl-gcc")).toBe(true);
    expect(compiled("program", join(folder, "program.c"), musl, "musl-gcc")).toBe(true);
    const log = join(folder, "calls.log");
    const env = { ...process.env, V4L2_STATELESS_LOG: log, LD_PRELOAD: join(folder, "recorder.so") };
    const { stdout, stderr } = spawnSync(join(folder, "program"), { env, encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["88\n", ""]);
    expect(callsIn(log)).toMatchObject([
      { call: "duplicate", path: "/dev/null", copy: 40 },
      { call: "duplicate", path: "/memfd:request (deleted)", copy: 41 },
      { call: "VIDIOC_QBUF", fd: 40, type: 9, index: 3, memory: 1, timestamp: "5000007000", request: 77, error: 25 },
    ]);
  });
});
