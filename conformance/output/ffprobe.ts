import { spawnSync } from "node:child_process";

/** An access unit as FFmpeg's parser cuts it. */
export interface Packet {
  /** Of its first byte in the stream. */
  readonly position: number;
  readonly size: number;
}

/** What FFmpeg's software decoder makes of a stream. */
export interface FfprobeOutput {
  readonly packets: readonly Packet[];
  /** Of each frame, in output order, the position of the packet in which it began. */
  readonly frames: readonly number[];
}

/** Whether this machine has an ffprobe. */
export function hasFfprobe(): boolean {
  return spawnSync("ffprobe", ["-version"]).status === 0;
}

/** Splits and decodes an H.264 byte stream. */
export function ffprobeH264Output(stream: Uint8Array): FfprobeOutput {
  const packets = packetsOf(stream, "h264");
  return { packets, frames: packets.length === 0 ? [] : framesOf(stream, packets) };
}

/** Splits and decodes an H.265 byte stream. */
export function ffprobeH265Output(stream: Uint8Array): FfprobeOutput {
  const packets = packetsOf(stream, "hevc");
  return { packets, frames: packets.length === 0 ? [] : h265FramesOf(stream, packets) };
}

/** Splits and decodes an MPEG-2 byte stream. Both fields of a frame are one packet, so that `pkt_pos` is the frame's. */
export function ffprobeMpeg2Output(stream: Uint8Array): FfprobeOutput {
  const packets = packetsOf(stream, "mpegvideo");
  const options = [...showAll, "-f", "mpegvideo", "-show_frames", "-show_entries", "frame=pkt_pos"];
  const { frames = [] } = ffprobe(options, stream) as { frames?: { pkt_pos: string }[] };
  return { packets, frames: frames.map(({ pkt_pos }) => Number(pkt_pos)) };
}

/**
 * Decodes an IVF file of VP8 or VP9. Positions are those of the frames' headers. They are given as timestamps, because
 * `pkt_pos` of a frame that is shown again is in FFmpeg 5.1 where it is shown, in 7.1 where it was decoded.
 */
export function ffprobeIvf(file: Uint8Array): FfprobeOutput {
  const packets = packetsOf(file, "ivf");
  const timed = file.slice();
  const view = new DataView(timed.buffer);
  for (const { position } of packets) view.setBigUint64(position + 4, BigInt(position), true);
  const options = ["-f", "ivf", "-show_frames", "-show_entries", "frame=pts"];
  const { frames = [] } = ffprobe(options, timed) as { frames?: { pts: number }[] };
  return { packets, frames: frames.map(({ pts }) => pts) };
}

function packetsOf(stream: Uint8Array, format: "h264" | "hevc" | "mpegvideo" | "ivf"): Packet[] {
  const options = ["-f", format, "-show_packets", "-show_entries", "packet=pos,size"];
  const packets = (ffprobe(options, stream) as { packets?: { pos: string; size: string }[] }).packets ?? [];
  return packets.map(({ pos, size }) => ({ position: Number(pos), size: Number(size) }));
}

/** Flags that let frames pass that come before the first key frame or are damaged. */
const showAll = ["-flags", "+output_corrupt", "-flags2", "+showall"];

/**
 * As `framesOf`, but FFmpeg knows no HEVC in IVF: ffmpeg makes a NUT file, with the packets' numbers as timestamps.
 */
function h265FramesOf(stream: Uint8Array, packets: readonly Packet[]): number[] {
  const copy = ["-f", "hevc", "-i", "pipe:0", "-c", "copy", "-copyinkf", "-bsf:v", "setts=ts=N", "-f", "nut", "pipe:1"];
  const { stdout } = spawnSync("ffmpeg", ["-v", "quiet", ...copy], { input: stream, maxBuffer: 1 << 28 });
  const options = [...showAll, "-skip_loop_filter", "all", "-f", "nut", "-show_frames", "-show_entries", "frame=pts"];
  const { frames = [] } = ffprobe(options, stdout) as { frames?: { pts: number }[] };
  return frames.flatMap(({ pts }) => packets[pts]?.position ?? []);
}

/**
 * The order in which frames come out. `pkt_pos` cannot be trusted: where has_b_frames is 0, FFmpeg's decode.c overwrites it
 * with the position of the packet that was decoded last, a field pair's second. So the packets are given again in an IVF
 * file with their positions as timestamps, which belong to a frame from its first field on.
 *
 * `-strict 1` makes the decoder wait for as many frames as the level's DPB holds where the stream does not say how many to
 * wait for, instead of guessing and dropping what comes too late. The two flags let frames pass that come before the first
 * key frame or are damaged. Without `find_stream_info` it does not know parameter sets before they come.
 */
function framesOf(stream: Uint8Array, packets: readonly Packet[]): number[] {
  const reorder = ["-strict", "1", ...showAll, "-nofind_stream_info"];
  const options = [...reorder, "-skip_loop_filter", "all", "-f", "ivf", "-show_frames", "-show_entries", "frame=pts"];
  const { frames = [] } = ffprobe(options, ivf(stream, packets)) as { frames?: { pts: number }[] };
  return frames.map(({ pts }) => pts);
}

/** ffprobe fails on streams that it cannot decode; what it has printed up to there counts. */
function ffprobe(options: readonly string[], input: Uint8Array): object {
  const common = ["-v", "quiet", "-threads", "1", "-of", "json"];
  const { stdout, error } = spawnSync("ffprobe", [...common, ...options, "pipe:0"], { input, maxBuffer: 1 << 28 });
  // A decoder that gives up does not read its input to the end.
  if (error && (error as { code?: unknown }).code !== "EPIPE") throw error;
  const text = stdout.toString();
  return text.trim() === "" ? {} : (JSON.parse(text) as object);
}

/** An IVF file of H.264 packets whose timestamps are their positions. */
function ivf(stream: Uint8Array, packets: readonly Packet[]): Uint8Array {
  const header = Buffer.alloc(32);
  header.write("DKIF", 0, "latin1");
  header.writeUInt16LE(header.length, 6);
  header.write("H264", 8, "latin1");
  header.writeUInt32LE(1000, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(packets.length, 24);
  const parts: Uint8Array[] = [header];
  for (const { position, size } of packets) {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(size, 0);
    head.writeBigUInt64LE(BigInt(position), 4);
    parts.push(head, stream.subarray(position, position + size));
  }
  return Buffer.concat(parts);
}
