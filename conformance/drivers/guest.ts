/** What scripts in the machine share. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
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

/** The kernel's complaints since the last call. A driver's watchdog is none. */
export function kernelWarnings(): string[] {
  const text = execFileSync("busybox", ["dmesg", "-c"], { encoding: "utf8" });
  return text.split("\n").filter((line) => /WARNING:|BUG:|Oops|refcount|leak|hung task/i.test(line));
}
