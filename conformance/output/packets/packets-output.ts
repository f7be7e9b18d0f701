import type { TraceElement } from "../../../src/bitreader/index.ts";
import { ivfFrames } from "../../../src/containers/ivf.ts";
import { openSession } from "../../../src/open-session.ts";
import { type Cause, lengths, type OutputReport, orderDifferences, unspoiled } from "../compare-output.ts";
import { type FfprobeOutput, ffprobeIvf } from "../ffprobe.ts";

/** A packet as our session decoded it. */
export interface DecodedPacket {
  readonly size: number;
  /** Frames in it whose headers say that they are shown, or that they show an earlier one. */
  shown: number;
  outputs: number;
  errors: number;
}

/** Why FFmpeg's outputs are not ours. */
export interface PacketCause extends Cause {
  explains(difference: PacketDifference): boolean;
}

/** An output of a packet that only one side has. */
export interface PacketDifference {
  readonly side: "ours" | "ffprobe's";
  readonly packet: DecodedPacket;
}

export const vp8Causes: readonly PacketCause[] = [
  {
    id: "empty-packet",
    text: "an empty packet is a frame that the encoder dropped: the last picture again; FFmpeg does not see it",
    explains: ({ side, packet }) => side === "ours" && packet.size === 0,
  },
];

export const vp9Causes: readonly PacketCause[] = [
  {
    id: "spatial-layers",
    text: "Annex B: of a superframe's pictures we output the last that is shown, as libvpx; FFmpeg outputs each",
    explains: ({ side, packet }) => side === "ffprobe's" && packet.shown > 1 && packet.outputs === 1,
  },
];

/** Decodes the packets of a VP8 or VP9 stream one by one, so that each output is known to be of one of them. */
export function decodePackets(codec: "vp8" | "vp9", packets: readonly Uint8Array[]): DecodedPacket[] {
  let current: DecodedPacket | undefined;
  const element = ({ name, value }: TraceElement) => {
    if (current && (name === "show_frame" || name === "show_existing_frame")) current.shown += value;
  };
  const session = openSession(codec, { trace: { unit: () => {}, element } });
  return packets.map((bytes) => {
    const packet: DecodedPacket = { size: bytes.length, shown: 0, outputs: 0, errors: 0 };
    current = packet;
    for (const { type } of session.decode(bytes)) {
      if (type === "output") packet.outputs++;
      else if (type === "error") packet.errors++;
    }
    return packet;
  });
}

/** What holds of our outputs without any witness: a packet that shows something is one output, another is none. */
export function checkPackets(packets: readonly DecodedPacket[]): string[] {
  return packets.flatMap(({ size, shown, outputs, errors }, i) => {
    const expected = size === 0 || shown > 0 ? 1 : 0;
    return outputs === expected || (errors > 0 && outputs === 0) ? [] : [`packet ${i} is output ${outputs} times`];
  });
}

/** A comparison of an IVF file's outputs with those of FFmpeg's decoder, place by place. */
export function ivfOutput(codec: "vp8" | "vp9", causes: readonly PacketCause[]) {
  return (stream: string, bytes: Uint8Array): OutputReport => {
    const packets = ivfFrames(bytes).frames.flatMap(({ data, truncated }) => (truncated ? [] : [data]));
    return comparePackets(stream, decodePackets(codec, packets), ffprobeIvf(bytes), causes);
  };
}

/** The comparison alone. Both sides have the same packets, but that FFmpeg sees no empty ones. */
export function comparePackets(
  stream: string,
  packets: readonly DecodedPacket[],
  ffprobe: FfprobeOutput,
  causes: readonly PacketCause[],
): OutputReport {
  const seen = packets.flatMap(({ size }, i) => (size === 0 ? [] : [i]));
  const placeOf = new Map(ffprobe.packets.map(({ position }, i) => [position, seen[i]]));
  const theirs = ffprobe.frames.map((position) => placeOf.get(position) ?? -1);
  const order = packets.flatMap(({ outputs }, i) => new Array<number>(outputs).fill(i));
  const failures = checkPackets(packets);
  if (seen.map((i) => packets[i]?.size).join() !== ffprobe.packets.map(({ size }) => size).join())
    failures.push("FFmpeg reads other packets");
  const { onlyOurs, moved, onlyTheirs } = orderDifferences(order, theirs);
  const counts = new Map<PacketCause, number>();
  const explain = (side: PacketDifference["side"], i: number) => {
    const packet = packets[i];
    const cause = packet && causes.find(({ explains }) => explains({ side, packet }));
    if (cause) counts.set(cause, (counts.get(cause) ?? 0) + 1);
    else failures.push(`an output of packet ${i} is only ${side}`);
  };
  for (const i of onlyOurs) explain("ours", order[i] as number);
  for (const i of onlyTheirs) explain("ffprobe's", i);
  for (const i of moved) failures.push(`an output of packet ${order[i]} comes at another place`);
  return { stream, ...lengths(order, theirs), causes: counts, spoiled: unspoiled, failures };
}
