import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ivfFrames } from "../../../src/containers/ivf.ts";
import { joined } from "../../../src/framing/bytes.ts";
import { beginsWithTemporalUnit } from "../../../src/framing/obu.ts";

/** What dav1d makes of a stream. */
export interface Dav1dOutput {
  /** Pictures that it outputs: of a temporal unit, that of the highest spatial layer. */
  readonly decoded: number;
  /** Pictures that it refuses to decode. */
  readonly refused: number;
  /** The first of them has headers that it reads: it refuses the tiles. */
  readonly refusesTiles: boolean;
}

/** Whether this machine has dav1d. */
export function hasDav1d(): boolean {
  return spawnSync("dav1d", ["--version"]).status === 0;
}

/** Decodes a stream in any of the three formats. */
export function dav1dOutput(stream: Uint8Array): Dav1dOutput {
  const { demuxer, bytes } = inputOf(stream);
  const folder = mkdtempSync(join(tmpdir(), "dav1d-"));
  const file = join(folder, "stream");
  writeFileSync(file, bytes);
  const options = ["--demuxer", demuxer, "--muxer", "null", "--alllayers", "0", "--threads", "1"];
  const { stderr } = spawnSync("dav1d", [...options, "-i", file, "-o", join(folder, "none")], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  const lines = stderr.split(/[\r\n]+/);
  const counts = lines.flatMap((line) => /^Decoded (\d+)\//.exec(line)?.[1] ?? []);
  const errors = lines.filter((line) => line.startsWith("Error "));
  return {
    decoded: Number(counts.at(-1) ?? 0),
    refused: errors.filter((line) => line.startsWith("Error decoding frame")).length,
    refusesTiles: errors[0]?.startsWith("Error decoding frame") ?? false,
  };
}

/** The stream as dav1d takes it: in an IVF file it expects OBUs with sizes, so that temporal units of Annex B are given without the file. */
function inputOf(stream: Uint8Array): { demuxer: string; bytes: Uint8Array } {
  if (beginsWithTemporalUnit(stream)) return { demuxer: "annexb", bytes: stream };
  if (String.fromCharCode(...stream.subarray(0, 4)) !== "DKIF") return { demuxer: "section5", bytes: stream };
  const packets = ivfFrames(stream).frames.map(({ data }) => data);
  const isAnnexB = packets[0] !== undefined && beginsWithTemporalUnit(packets[0]);
  return isAnnexB ? { demuxer: "annexb", bytes: joined(packets) } : { demuxer: "ivf", bytes: stream };
}
