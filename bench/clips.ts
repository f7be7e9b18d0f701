/** The clips that the benchmark reads: made with ffmpeg, once. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Codec } from "../src/uapi/codecs.ts";

export interface Clip {
  readonly name: string;
  readonly codec: Codec;
  readonly path: string;
  /** How many times the clip is read in a pass. */
  readonly repeat: number;
}

interface Recipe extends Omit<Clip, "path"> {
  readonly extension: string;
  readonly source: string;
  readonly frames: number;
  readonly encoder: readonly string[];
}

const noise = "noise=alls=12:allf=t";
const hd = `testsrc2=s=1920x1080:r=30,${noise}`;
const x264 = (...more: string[]) => ["-c:v", "libx264", "-preset", "veryfast", ...more];
const x265 = (params: string) => [
  "-c:v",
  "libx265",
  "-preset",
  "ultrafast",
  "-b:v",
  "8M",
  "-x265-params",
  `log-level=error:${params}`,
];
const libvpx = (name: string, rate: string) => ["-c:v", name, "-deadline", "realtime", "-cpu-used", "8", "-b:v", rate];

// biome-ignore format: a clip a row
const recipes: readonly Recipe[] = [
  { name: "H.264 1080p, 1 slice", codec: "h264", extension: "264", repeat: 8, source: hd, frames: 300, encoder: x264("-b:v", "12M") },
  { name: "H.264 1080p, 4 slices", codec: "h264", extension: "264", repeat: 8, source: hd, frames: 300, encoder: x264("-b:v", "12M", "-x264-params", "slices=4") },
  { name: "H.264 1080p, slices of 1,400 bytes", codec: "h264", extension: "264", repeat: 12, source: hd, frames: 150, encoder: x264("-b:v", "12M", "-x264-params", "slice-max-size=1400") },
  { name: "H.264 QVGA, 100 kbit/s", codec: "h264", extension: "264", repeat: 40, source: "testsrc2=s=320x240:r=30", frames: 3000, encoder: x264("-b:v", "100k") },
  { name: "HEVC 1080p, 1 slice", codec: "h265", extension: "265", repeat: 20, source: hd, frames: 150, encoder: x265("wpp=0:frame-threads=2") },
  { name: "HEVC 1080p, 4 slices, WPP", codec: "h265", extension: "265", repeat: 30, source: hd, frames: 100, encoder: x265("slices=4:wpp=1") },
  { name: "MPEG-2 1080i, 20 Mbit/s", codec: "mpeg2", extension: "m2v", repeat: 5, source: hd, frames: 300, encoder: ["-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-b:v", "20M"] },
  { name: "VP8 720p", codec: "vp8", extension: "ivf", repeat: 20, source: `testsrc2=s=1280x720:r=30,${noise}`, frames: 300, encoder: libvpx("libvpx", "4M") },
  { name: "VP9 1080p", codec: "vp9", extension: "ivf", repeat: 10, source: hd, frames: 150, encoder: libvpx("libvpx-vp9", "14M") },
  { name: "AV1 1080p", codec: "av1", extension: "obu", repeat: 10, source: hd, frames: 150, encoder: ["-c:v", "libsvtav1", "-preset", "12", "-b:v", "8M"] },
];

/** Makes the clips that `folder` does not have. One whose encoder is not there is left out, and its name printed. */
export function makeClips(folder: string, only: string): Clip[] {
  mkdirSync(folder, { recursive: true });
  const chosen = recipes.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  return chosen.flatMap(({ name, codec, extension, repeat, source, frames, encoder }) => {
    const args = [
      "-v",
      "error",
      "-y",
      "-f",
      "lavfi",
      "-i",
      source,
      "-frames:v",
      String(frames),
      "-pix_fmt",
      "yuv420p",
      ...encoder,
    ];
    const path = join(folder, `${createHash("sha256").update(args.join(" ")).digest("hex").slice(0, 12)}.${extension}`);
    if (!existsSync(path)) {
      const made = join(folder, `unfinished.${extension}`);
      try {
        execFileSync("ffmpeg", [...args, made], { stdio: ["ignore", "ignore", "inherit"] });
      } catch {
        console.log(`${name} is left out: ffmpeg with the encoder ${encoder[1]} could not make it`);
        return [];
      }
      renameSync(made, path);
    }
    return [{ name, codec, path, repeat }];
  });
}

/** A clip of the user's own: its codec is told by the name's ending. */
export function ownClip(path: string): Clip {
  const endings: readonly [RegExp, Codec][] = [
    [/\.(264|h264|avc|jsv)$/i, "h264"],
    [/\.(265|h265|hevc)$/i, "h265"],
    [/\.(m2v|mpv|m2p)$/i, "mpeg2"],
    [/\.obu$/i, "av1"],
  ];
  const codec = endings.find(([ending]) => ending.test(path))?.[1];
  if (codec === undefined) throw new Error(`${path}: the name must end in .264, .265, .m2v or .obu`);
  return { name: path, codec, path, repeat: 1 };
}
