import type { Packet } from "./ffprobe.ts";

/** Why two orders differ somewhere: each codec has its own, with a rule on what was parsed. */
export interface Cause {
  readonly id: string;
  /** For people, with who is right. */
  readonly text: string;
}

/** Outputs whose order the stream itself spoils. */
export interface Spoiled {
  /** C.4.5.3, C.5.2.2: it needs a larger picture buffer than it says, or an IDR picture was lost. */
  readonly late: number;
  /** 8.2.1, 8.3.1: two frames have the same PicOrderCnt. They come in decoding order. */
  readonly samePicOrderCnt: number;
}

/** One stream's output order on both sides. */
export interface OutputReport {
  readonly stream: string;
  /** Frames that are output. */
  readonly ours: number;
  readonly ffprobe: number;
  /** Frames at the start of both orders that are equal. */
  readonly equalPrefix: number;
  /** How many differences each cause explains. */
  readonly causes: ReadonlyMap<Cause, number>;
  /** Outputs whose order the stream itself spoils. */
  readonly spoiled: Spoiled;
  /** Differences without a cause, and promises that our session breaks. */
  readonly failures: readonly string[];
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
