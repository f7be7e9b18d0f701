import { readFileSync } from "node:fs";

/** In the machine: the file of one of vicodec's devices, `"stateful-encoder"`, `"stateful-decoder"` or `"stateless-decoder"`. */
export function nodeOf(name: string): string {
  for (let i = 0; i < 16; i++) {
    try {
      if (readFileSync(`/sys/class/video4linux/video${i}/name`, "utf8").trim() === name) return `/dev/video${i}`;
    } catch {}
  }
  throw new Error(`there is no ${name}: is vicodec loaded?`);
}
