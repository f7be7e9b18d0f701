/** The C programs that the benchmark compares with: built where their libraries are installed. */

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Codec } from "../src/uapi/codecs.ts";

/** What a pass over a clip found, and how long it took. 0 where a program does not count something. */
export interface Measured {
  /** After warm-up. */
  readonly seconds: number;
  /** Of our first pass, most of which runs before V8 has compiled it. C programs do not give it. */
  readonly firstSeconds?: number;
  readonly frames: number;
  /** Bytes of the slices with a start code of three bytes before each, or of the frames: what goes into OUTPUT buffers. */
  readonly requestBytes: number;
  /** Their headers' bits, emulation prevention left out. */
  readonly headerBits: number;
}

export interface Peer {
  readonly name: string;
  readonly codecs: readonly Codec[];
  /** What pkg-config calls its libraries. */
  readonly libraries: readonly string[];
  readonly source: string;
  /** What Debian calls the package with its headers. */
  readonly debian: string;
}

export const peers: readonly Peer[] = [
  {
    name: "codecparsers",
    // VP9's compressed headers are read by a stateful parser that has no public header.
    codecs: ["h264", "h265", "mpeg2", "vp8", "av1"],
    libraries: ["gstreamer-codecparsers-1.0", "gstreamer-1.0"],
    source: "codecparsers.c",
    debian: "libgstreamer-plugins-bad1.0-dev",
  },
  {
    name: "libavcodec",
    codecs: ["h264", "h265", "mpeg2"],
    libraries: ["libavcodec", "libavutil"],
    source: "libavcodec.c",
    debian: "libavcodec-dev",
  },
];

const run = (command: string, args: readonly string[]) => execFileSync(command, [...args], { encoding: "utf8" });

export interface BuiltPeer extends Peer {
  readonly program: string;
  readonly version: string;
}

/** Compiles a peer into `folder`. Null where it cannot be: the reason is printed. */
export function buildPeer(peer: Peer, folder: string): BuiltPeer | null {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, peer.name);
  const source = fileURLToPath(new URL(`peers/${peer.source}`, import.meta.url));
  try {
    const flags = run("pkg-config", ["--cflags", "--libs", ...peer.libraries])
      .trim()
      .split(/\s+/);
    run("cc", ["-O2", "-Wall", "-o", program, source, ...flags]);
    return { ...peer, program, version: run("pkg-config", ["--modversion", peer.libraries[0] as string]).trim() };
  } catch {
    console.log(`${peer.name} is left out: it needs cc, pkg-config and ${peer.debian}`);
    return null;
  }
}
