import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codec } from "../../src/events.ts";
import { comparators } from "../comparators.ts";
import { corpusFolder } from "../corpus.ts";
import type { DecodeMode } from "../requests.ts";

/** A stream on the host and in the machine. */
export interface VislStream {
  readonly name: string;
  readonly codec: Codec;
  readonly path: string;
  readonly guestPath: string;
}

/** A stream in one decode mode. */
export interface Run extends VislStream {
  /** Names the run: `"h264_mbaff_tff.264.frame"`. */
  readonly id: string;
  readonly mode: DecodeMode;
  /** Whether the codec has DECODE_MODE and START_CODE. */
  readonly hasModes: boolean;
}

const fixtureFolder = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
const codecs = Object.keys(comparators) as Codec[];

/** The repository's own streams. */
export function fixtures(): VislStream[] {
  return codecs.flatMap((codec) =>
    streamsIn(fixtureFolder, "/project/test/fixtures", codec).filter(({ name }) => name.startsWith(`${codec}_`)),
  );
}

/** What of the corpus is decoded on a kernel: what the fixtures have not. */
const choice = ["encoded-jm__field_poc1.264", "jvt-avc_v1__MR3_TANDBERG_B"];

/** The chosen streams of the corpus that are there. */
export function chosenCorpus(): VislStream[] {
  const folder = corpusFolder();
  if (folder === undefined) return [];
  const all = codecs.flatMap((codec) => streamsIn(join(folder, codec), `/corpus/${codec}`, codec));
  return all.filter(({ name }) => choice.some((part) => name.startsWith(part)));
}

function streamsIn(folder: string, guestFolder: string, codec: Codec): VislStream[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => comparators[codec]!.extensions.includes(extname(name)));
  return names.sort().map((name) => ({ name, codec, path: join(folder, name), guestPath: `${guestFolder}/${name}` }));
}

/** A stream in every mode that its codec has. */
export function runsOf(stream: VislStream): Run[] {
  const hasModes = stream.codec === "h264" || stream.codec === "h265";
  const modes: readonly DecodeMode[] = hasModes ? ["frame", "slice"] : ["frame"];
  return modes.map((mode) => ({ ...stream, mode, hasModes, id: `${stream.name}.${mode}` }));
}
