import { type FfprobeOutput, ffprobeOutput, type Packet } from "./ffprobe.ts";
import { type Cause, causes, type Difference, type Evidence } from "./h264/h264-causes.ts";
import { ffmpegFields } from "./h264/h264-ffmpeg-fields.ts";
import { decodePictures, type OurPictures } from "./h264/h264-pictures.ts";
import { checkOutputs, type Spoiled } from "./invariants.ts";

/** One stream's output order on both sides. */
export interface OutputReport {
  readonly stream: string;
  /** Frames that are output. */
  readonly ours: number;
  readonly ffprobe: number;
  /** Frames at the start of both orders that are equal. */
  readonly equalPrefix: number;
  /** How many differences each cause explains. */
  readonly causes: ReadonlyMap<Pick<Cause, "id" | "text">, number>;
  /** Outputs whose order the stream itself spoils. */
  readonly spoiled: Spoiled;
  /** Differences without a cause, and promises that our session breaks. */
  readonly failures: readonly string[];
}

/** Compares the order in which our session outputs a stream's frames with that of FFmpeg's software decoder. */
export function compareOutput(stream: string, bytes: Uint8Array): OutputReport {
  return compareOrders(stream, decodePictures(bytes), ffprobeOutput(bytes));
}

/** The comparison alone. */
export function compareOrders(stream: string, ours: OurPictures, ffprobe: FfprobeOutput): OutputReport {
  const { packets } = ffprobe;
  const packetOf = (byte: number): number => lastBefore(packets, byte);
  const evidence: Evidence = { ours, ffprobe, packetOf, ffmpegFields: ffmpegFields(ours.pictures) };
  const placeOf = new Map(packets.map(({ position }, i) => [position, i]));
  const theirs = ffprobe.frames.map((position) => placeOf.get(position) as number);
  const order = ours.outputs.map(({ frame }) => packetOf(frame.pictures[0]?.slices[0] as number));
  const { faults, spoiled } = checkOutputs(ours);
  const failures = [...faults];
  const counts = new Map<Cause, number>();
  for (const difference of differencesOf(ours, order, theirs)) {
    const cause = causes.find(({ explains }) => explains(difference, evidence));
    if (cause === undefined) failures.push(describe(difference, ffprobe));
    else counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return { stream, ...lengths(order, theirs), causes: counts, spoiled, failures };
}

/** No order is spoiled by a stream whose outputs are not by POC, or whose POCs all differ. */
export const unspoiled: Spoiled = { late: 0, samePicOrderCnt: 0 };

/** How long both orders are, and how far they are equal. */
export function lengths(
  order: readonly number[],
  theirs: readonly number[],
): Pick<OutputReport, "ours" | "ffprobe" | "equalPrefix"> {
  const firstDifference = order.findIndex((packet, i) => packet !== theirs[i]);
  return {
    ours: order.length,
    ffprobe: theirs.length,
    equalPrefix: firstDifference < 0 ? order.length : firstDifference,
  };
}

/** The packet in which a byte lies; -1 for one before the first. */
export function lastBefore(packets: readonly Packet[], byte: number): number {
  let low = 0;
  let high = packets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((packets[middle] as Packet).position <= byte) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function describe(difference: Difference, { packets }: FfprobeOutput): string {
  const place = `the access unit at byte ${packets[difference.packet]?.position}`;
  if (difference.kind === "only ffprobe's") return `only ffprobe outputs a frame of ${place}`;
  const frame = `frame ${difference.frame.timestamp} (POC ${difference.frame.PicOrderCnt}) of ${place}`;
  return difference.kind === "only ours" ? `only we output ${frame}` : `${frame} comes at another place`;
}

function differencesOf(ours: OurPictures, order: readonly number[], theirs: readonly number[]): Difference[] {
  const { onlyOurs, moved, onlyTheirs } = orderDifferences(order, theirs);
  const difference = (kind: "only ours" | "moved", i: number): Difference => {
    const { frame } = ours.outputs[i] as (typeof ours.outputs)[number];
    return { kind, frame, packet: order[i] as number };
  };
  return [
    ...onlyOurs.map((i) => difference("only ours", i)),
    ...moved.map((i) => difference("moved", i)),
    ...onlyTheirs.map((packet): Difference => ({ kind: "only ffprobe's", packet })),
  ];
}

/** Where two orders of packets differ. */
export interface OrderDifferences {
  /** Indices into ours. */
  readonly onlyOurs: readonly number[];
  readonly moved: readonly number[];
  /** Packets. */
  readonly onlyTheirs: readonly number[];
}

/** What has no partner, and what has one at another place. Frames of one packet are partners in their order. */
export function orderDifferences(order: readonly number[], theirs: readonly number[]): OrderDifferences {
  const places = new Map<number, number[]>();
  theirs.forEach((packet, i) => {
    places.set(packet, [...(places.get(packet) ?? []), i]);
  });
  const partners = order.map((packet) => places.get(packet)?.shift() ?? -1);
  const inOrder = longestIncreasing(partners.filter((partner) => partner >= 0));
  const indices = [...order.keys()];
  return {
    onlyOurs: indices.filter((i) => partners[i] === -1),
    moved: indices.filter((i) => partners[i] !== -1 && !inOrder.has(partners[i] as number)),
    onlyTheirs: [...places].flatMap(([packet, rest]) => rest.map(() => packet)),
  };
}

/** The values of a longest increasing subsequence: everything else has moved. */
export function longestIncreasing(values: readonly number[]): Set<number> {
  const tails: number[] = []; // Indices of the least last value of each length.
  const before: number[] = [];
  values.forEach((value, i) => {
    let length = tails.findIndex((tail) => (values[tail] as number) >= value);
    if (length < 0) length = tails.length;
    before[i] = length === 0 ? -1 : (tails[length - 1] as number);
    tails[length] = i;
  });
  const result = new Set<number>();
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i] as number) result.add(values[i] as number);
  return result;
}
