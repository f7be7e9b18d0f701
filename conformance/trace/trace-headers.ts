import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** An element as FFmpeg's trace_headers prints it. */
export interface FfmpegElement {
  /** FFmpeg's name, without subscripts; `delta_q_y_dc.delta_coded` where it names what an element is part of. */
  readonly name: string;
  readonly subscripts: readonly number[];
  /** In the unit without emulation prevention bytes, from the unit's header on. */
  readonly bit: number;
  readonly length: number;
  /** As FFmpeg prints them: not the coded ones where bits lie from the least significant one on, or are bool-coded. */
  readonly bits: string;
  readonly value: number;
}

/** A unit that FFmpeg's CBS has read. */
export interface FfmpegUnit {
  readonly elements: FfmpegElement[];
  /** Why it stopped in this unit, in its words. It leaves out the packet's other units then. */
  failure: string | undefined;
}

/** What FFmpeg's parser takes for an access unit. Packets lie in the stream one after the other. */
export interface FfmpegPacket {
  /** In bytes, start codes included. */
  readonly size: number;
  readonly units: FfmpegUnit[];
}

/** All that FFmpeg says of a stream. */
export interface FfmpegTrace {
  readonly packets: readonly FfmpegPacket[];
  /** Why the filter did not start, in FFmpeg's words: it reads the first parameter sets beforehand, as extradata. */
  readonly refusal: string | undefined;
  /** How FFmpeg ended otherwise than well, although the filter started: then packets may be missing. Absent where it ended well. */
  readonly failure?: string | undefined;
}

/** The first words of `ffmpeg -version`; undefined where ffmpeg is not installed. */
export function ffmpegVersion(): string | undefined {
  const { status, stdout } = spawnSync("ffmpeg", ["-version"], { encoding: "utf8" });
  return status === 0 ? /^ffmpeg version \S+/.exec(stdout)?.[0] : undefined;
}

/** FFmpeg's names of the codecs that its trace_headers reads. */
export function tracedCodecs(): readonly string[] {
  const { stdout } = spawnSync("ffmpeg", ["-hide_banner", "-h", "bsf=trace_headers"], { encoding: "utf8" });
  return (
    /Supported codecs: (.*)/
      .exec(stdout)?.[1]
      ?.split(" ")
      .filter((name) => name !== "") ?? []
  );
}

/**
 * Runs trace_headers over a file. The muxer is one that does not ask for the picture's size, and copyinkf keeps
 * the packets before the first key frame: so FFmpeg's decoder has no say in what is traced.
 */
export async function ffmpegTrace(demuxer: string, path: string): Promise<FfmpegTrace> {
  const input = ["-nostdin", "-hide_banner", "-loglevel", "repeat+info", "-f", demuxer, "-i", path];
  const output = ["-c", "copy", "-copyinkf", "-bsf:v", "trace_headers", "-f", "image2pipe", "-y", "/dev/null"];
  const child = spawn("ffmpeg", [...input, ...output], { stdio: ["ignore", "ignore", "pipe"] });
  const closed = once(child, "close");
  const parser = new TraceParser();
  for await (const line of createInterface({ input: child.stderr })) parser.line(line);
  const [status, signal] = (await closed) as [number | null, string | null];
  const trace = parser.result();
  if (status === 0 || trace.refusal !== undefined) return trace;
  return { ...trace, failure: signal === null ? `it ended with status ${status}` : `${signal} ended it` };
}

/** Reads the log line by line. */
export class TraceParser {
  readonly #packets: FfmpegPacket[] = [];
  #units: FfmpegUnit[] = [];
  #message = "";
  #refusal: string | undefined;

  line(line: string): void {
    if (line.startsWith("Error initializing bitstream filter")) this.#refusal = this.#message;
    // FFmpeg 7 does not end the line of an error, and the next packet stands on it.
    const text = /(?:^\[trace_headers @ \w+\] |: Invalid data found when processing input(?=Packet))(.*)$/.exec(
      line,
    )?.[1];
    if (text === undefined) return;
    const element = /^(\d+) +([\w.[\]]+) +([01]*) = (-?\d+)$/.exec(text);
    const packet = /^Packet: (\d+) bytes/.exec(text);
    if (element) this.#element(element);
    else if (packet) {
      this.#units = [];
      this.#packets.push({ size: Number(packet[1]), units: this.#units });
      this.#message = "";
    } else if (/^Failed to read unit/.test(text)) this.#fail();
    else this.#message = text;
  }

  result(): FfmpegTrace {
    return { packets: this.#packets, refusal: this.#refusal };
  }

  #element([, bit = "", path = "", bits = "", value = ""]: readonly string[]): void {
    const last = this.#units.at(-1);
    const element: FfmpegElement = {
      name: path.replace(/\[\d+\]/g, ""),
      subscripts: [...path.matchAll(/\[(\d+)\]/g)].map(([, subscript]) => Number(subscript)),
      bit: Number(bit),
      length: bits.length,
      bits,
      value: Number(value),
    };
    this.#message = "";
    if (element.bit === 0 || last === undefined) this.#units.push({ elements: [element], failure: undefined });
    else last.elements.push(element);
  }

  #fail(): void {
    const last = this.#units.at(-1);
    if (last) last.failure = this.#message || `gives no reason after ${last.elements.at(-1)?.name}`;
  }
}
