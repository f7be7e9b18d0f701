import { existsSync, readdirSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codec } from "../../src/events.ts";
import { codecs } from "../../src/uapi/index.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";
import { comparators } from "../payloads/comparators.ts";
import { corpusFolder } from "../streams/corpus.ts";

/** A stream on the host and in the machine. */
export interface VislStream {
  readonly name: string;
  readonly codec: Codec;
  readonly path: string;
  readonly guestPath: string;
  /** Where its goldens lie, those that there are. */
  readonly goldens: string;
}

/** A stream in one decode mode. */
export interface Run extends VislStream {
  /** Names the run: `"h264_mbaff_tff.264.frame"`. */
  readonly id: string;
  readonly mode: DecodeMode;
  /** Whether the codec has DECODE_MODE and START_CODE. */
  readonly hasModes: boolean;
  /** The path of the record of GStreamer's requests, whether there is one or not. */
  readonly golden: string;
}

const fixtureFolder = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
const comparedCodecs = Object.keys(comparators) as Codec[];

/** The repository's own streams. */
export function fixtures(): VislStream[] {
  return comparedCodecs.flatMap((codec) =>
    streamsIn(fixtureFolder, fixtureFolder, "/project/test/fixtures", codec).filter(({ name }) =>
      name.startsWith(`${codec}_`),
    ),
  );
}

/** The small streams that show disagreements. */
export function disagreementStreams(): VislStream[] {
  const folder = join(fixtureFolder, "disagreements");
  return comparedCodecs.flatMap((codec) =>
    streamsIn(join(folder, codec), join(folder, codec), `/project/test/fixtures/disagreements/${codec}`, codec),
  );
}

/**
 * What of the corpus is decoded on a kernel: what the fixtures have not, and GStreamer decodes as it should. It is no witness for
 * unpaired fields, which it loses, and for frames that do not exist, which it names like its first picture, 0.
 */
const choice = [
  "encoded-jm__field_poc1.264",
  "jvt-avc_v1__CAPAMA3_Sand_F.264",
  "rw__mmco3_fields.264",
  "encoded-hm__tiles_nonuniform_dep.265",
  "encoded-hm__wpp_dep_slices.265",
  "encoded-hm10__ra_cra.265",
  "rw__lt_msb_wrap4.265",
  "rw__rps_64_sets.265",
  "rw__sps_res_change.265",
  "encoded-vpxenc__resize_allowed.ivf",
  "vp8-test-vectors__vp80-00-comprehensive-016.ivf",
  "libvpx-test-vectors__vp90-2-18-resize.ivf",
  "encoded-ffmpeg__ipb_closed.m2v",
  "encoded-mpeg2enc__dualprime.m2v",
  "fate-es__t_fieldpics_ipb.m2v",
];

/** The chosen streams of the corpus that are there. */
export function chosenCorpus(): VislStream[] {
  return corpusStreams().filter(({ name }) => choice.includes(name));
}

/** The names of the chosen streams that are not there. */
export function absentOfCorpus(): string[] {
  const there = chosenCorpus().map(({ name }) => name);
  return choice.filter((name) => !there.includes(name));
}

/** All streams of the corpus. */
function corpusStreams(): VislStream[] {
  const folder = corpusFolder();
  if (folder === undefined) return [];
  return comparedCodecs.flatMap((codec) => {
    return streamsIn(join(folder, codec), join(dirname(folder), "golden", codec), `/corpus/${codec}`, codec);
  });
}

function streamsIn(folder: string, goldens: string, guestFolder: string, codec: Codec): VislStream[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => comparators[codec].extensions.includes(extname(name)));
  return names.sort().map((name) => {
    return { name, codec, path: join(folder, name), guestPath: `${guestFolder}/${name}`, goldens };
  });
}

/** A stream in every mode that its codec has. */
export function runsOf(stream: VislStream): Run[] {
  const hasModes = codecs[stream.codec].modes !== null;
  const modes: readonly DecodeMode[] = hasModes ? ["frame", "slice"] : ["frame"];
  const golden = (mode: DecodeMode): string => join(stream.goldens, `${stream.name}.gst-${mode}.jsonl.br`);
  return modes.map((mode) => ({ ...stream, mode, hasModes, id: `${stream.name}.${mode}`, golden: golden(mode) }));
}
