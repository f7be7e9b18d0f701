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

/** What the kernel said. */
export interface KernelMessages {
  /** The first line of each message. */
  readonly lines: readonly string[];
  /** Older messages were written over before they were read. */
  readonly hasLost: boolean;
}

/** Where the kernel's messages were read up to: the open file keeps the place. */
let log: number | undefined;
const record = Buffer.alloc(1 << 13);

/** What the kernel said since the last call. */
export function kernelMessages(): KernelMessages {
  log ??= openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  const file = log;
  return readMessages(() => record.toString("utf8", 0, readSync(file, record)));
}

/** @param read gives the next record of /dev/kmsg; it throws EAGAIN where there is none, EPIPE where records were written over. */
export function readMessages(read: () => string): KernelMessages {
  const lines: string[] = [];
  let hasLost = false;
  for (;;) {
    try {
      // "priority,number,time,flags;message", and lines with the device's name after it.
      const text = read();
      lines.push(text.slice(text.indexOf(";") + 1).split("\n", 1)[0]!);
    } catch (thrown) {
      const code = (thrown as NodeJS.ErrnoException).code;
      if (code === "EAGAIN") return { lines, hasLost };
      if (code !== "EPIPE") throw thrown;
      hasLost = true;
    }
  }
}

/** How the kernel's messages begin, or what they have, where something is wrong with it. */
const complaints: readonly RegExp[] = [
  // "BUG kmalloc-64 (Tainted: …)" has no colon, "INFO: task … blocked for more than" and "rcu: INFO: … stalls" no other word.
  /WARNING:|\bBUG\b|Oops|\bINFO: /,
  /UBSAN:|KASAN:|KCSAN:|KFENCE:|DMA-API:|usercopy:|swiotlb/i,
  /list_(add|del)\b.*corruption|list_add double add|corrupted|refcount|underflow|double free/i,
  /Internal error|Unable to handle kernel|synchronous external abort|SError|Kernel panic/i,
  /hung task|detected stalls|self-detected stall|kthread starved|soft lockup|hard lockup|nobody cared/i,
  /leak|allocation failure|cma_alloc|Out of memory|UNBALANCED/i,
];

/** What follows a complaint. Where there is none of those above, it is one itself. */
const sequels = /cut here|Call trace/i;

/** Those of the kernel's messages that are complaints. A driver's watchdog is none. */
export function warningsAmong(messages: readonly string[]): string[] {
  const found = messages.filter((line) => complaints.some((pattern) => pattern.test(line)));
  return found.length > 0 ? found : messages.filter((line) => sequels.test(line));
}

/** What is wrong with the kernel by what it said; messages that nobody could read may have said it, too. */
export function complaintsIn({ lines, hasLost }: KernelMessages): string[] {
  return [...warningsAmong(lines), ...(hasLost ? ["messages were lost"] : [])];
}

/** The kernel's complaints since the last call. */
export function kernelWarnings(): string[] {
  return complaintsIn(kernelMessages());
}
