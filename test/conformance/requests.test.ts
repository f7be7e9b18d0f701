import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readRequests } from "../../conformance/payloads/requests.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const golden = fileURLToPath(new URL("../fixtures/h264_cqm_jvt.264.gst-frame.jsonl.br", import.meta.url));

describe("a golden", () => {
  const lines = brotliDecompressSync(readFileSync(golden)).toString("utf8").split("\n").slice(0, -1);

  it("has as many requests as its header says", () => {
    expect(readRequests(golden)).toHaveLength(20);
  });

  it.each([
    ["without its last request", lines.slice(0, -1)],
    ["without one in the middle", lines.filter((line) => !line.startsWith('{"request":7,'))],
  ])("%s is refused", (_, left) => {
    const path = join(temporaryFolder(), "cut.jsonl.br");
    writeFileSync(path, brotliCompressSync(`${left.join("\n")}\n`));
    expect(() => readRequests(path)).toThrow("has 19 requests, and its header says 20: it is cut off");
  });
});
