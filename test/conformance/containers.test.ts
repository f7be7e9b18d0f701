import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hasFfprobe } from "../../conformance/output/ffprobe.ts";
import { corpusFolder } from "../../conformance/streams/corpus.ts";
import { readStream } from "../../conformance/streams/stream-files.ts";

/** FFmpeg cuts the packets of a transport stream anew: there is nothing to compare with. */
const extensions = /\.(mkv|mp4|webm)$/;

function filesOf(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => extensions.test(name));
  return names.map((name) => join(folder, name));
}

/** MD5 of each packet of the first video track. */
function ffprobePackets(path: string): string[] {
  const what = [
    "-select_streams",
    "v:0",
    "-show_packets",
    "-show_data_hash",
    "md5",
    "-show_entries",
    "packet=data_hash",
  ];
  const { stdout } = spawnSync("ffprobe", ["-v", "quiet", ...what, "-of", "flat", path], { encoding: "utf8" });
  return [...stdout.matchAll(/data_hash="MD5:([0-9a-f]{32})"/g)].map(([, hash]) => hash!);
}

async function ourPackets(path: string): Promise<string[]> {
  const { parts } = await readStream(path);
  const packets = parts.flatMap((part) => (part.kind === "packet" ? [part.bytes] : []));
  return packets.map((bytes) => createHash("md5").update(bytes).digest("hex"));
}

const fixtures = filesOf(fileURLToPath(new URL("../fixtures/containers", import.meta.url)));
const corpus = corpusFolder();
const where = corpus ?? "skipped: no corpus in V4L2_STATELESS_CORPUS or ../shared/corpus";
const corpusFiles = corpus === undefined ? [] : ["vp8", "vp9"].flatMap((codec) => filesOf(join(corpus, codec)));

describe.skipIf(!hasFfprobe())("packets of containers are, byte for byte, those that FFmpeg reads", () => {
  it.each(fixtures.map((path) => [basename(path), path] as const))("%s", async (_, path) => {
    const packets = await ourPackets(path);
    expect(packets.length).toBeGreaterThan(0);
    expect(packets).toEqual(ffprobePackets(path));
  });

  it.skipIf(corpus === undefined)(`in every WebM file of the corpus (${where})`, { tags: "long" }, async () => {
    const different: string[] = [];
    let packets = 0;
    for (const path of corpusFiles) {
      const ours = await ourPackets(path);
      packets += ours.length;
      if (ours.join() !== ffprobePackets(path).join()) different.push(path);
    }
    expect(packets).toBeGreaterThan(0);
    expect(different).toEqual([]);
  });
});
