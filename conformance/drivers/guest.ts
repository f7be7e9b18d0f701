/** What scripts in the machine share. */
import { constants, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { type DeviceInfo, listDevices } from "../../src/submit/index.ts";

/** The fake hardware's files (fakehw/main.c). */
export const fake = "/sys/kernel/debug/fakehw";

/** The decoders by the names of their nodes. */
export async function devicesByNode(): Promise<Map<string, DeviceInfo>> {
  const { devices, problems } = await listDevices();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return new Map(
    devices.map((device) => {
      const video = device.path.replace("/dev/", "");
      const name = readFileSync(`/sys/class/video4linux/${video}/device/of_node/name`, "utf8").replace(/\0/g, "");
      return [name, device];
    }),
  );
}

/** What is held for decoders: as much after a stream as before it, where nothing leaks. */
export interface Holdings {
  /** The drivers' tables, their videobuf2 buffers, and the bytes of both. */
  readonly live: string;
  /** Open files of this process. */
  readonly descriptors: number;
}

export function holdings(): Holdings {
  const live = readFileSync(`${fake}/live`, "utf8").trim();
  return { live, descriptors: readdirSync("/proc/self/fd").length };
}

/** Where the kernel's messages were read up to: the open file keeps the place. */
let log: number | undefined;
const record = Buffer.alloc(1 << 13);

/** What the kernel said since the last call. */
export function kernelMessages(): string[] {
  log ??= openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  const messages: string[] = [];
  for (;;) {
    try {
      // "priority,number,time,flags;message", and lines with the device's name after it.
      const text = record.toString("utf8", 0, readSync(log, record));
      messages.push(text.slice(text.indexOf(";") + 1).split("\n", 1)[0]!);
    } catch (thrown) {
      const code = (thrown as NodeJS.ErrnoException).code;
      if (code === "EAGAIN") return messages;
      // EPIPE: older records were written over.
      if (code !== "EPIPE") throw thrown;
    }
  }
}

/** Those of the kernel's messages that are complaints. A driver's watchdog is none. */
export function warningsAmong(messages: readonly string[]): string[] {
  return messages.filter((line) => /WARNING:|BUG:|Oops|refcount|leak|hung task/i.test(line));
}

/** The kernel's complaints since the last call. */
export function kernelWarnings(): string[] {
  return warningsAmong(kernelMessages());
}
