/** The pictures that the requests of a capture made: which of them a later request may refer to. */

import type { BufferCall } from "./calls.ts";

/** Timestamps that are remembered: more than any program has in use. */
const mostTimestamps = 1 << 16;

/** A picture that came back in a CAPTURE buffer. */
interface Decoded {
  readonly timestamp: bigint;
  /** Of its VIDIOC_DQBUF. */
  readonly line: number;
}

/** A picture whose CAPTURE buffer was queued again. */
interface Overwritten extends Decoded {
  /** Of this VIDIOC_QBUF. */
  readonly overwrittenAt: number;
}

export class Pictures {
  readonly #timestamps: Set<bigint>;
  /** By the index of the CAPTURE buffer that holds it. */
  readonly #held = new Map<number, Decoded>();
  readonly #overwritten = new Map<bigint, Overwritten>();

  constructor(timestamps: Set<bigint> = new Set()) {
    this.#timestamps = timestamps;
  }

  /** What is still known where calls are missing: which buffers came back or were queued in them is not. */
  afterHole(): Pictures {
    return new Pictures(this.#timestamps);
  }

  /** A request's timestamp. Pictures with the same one that came back before its line are others: nothing refers to them any more. */
  add(timestamp: bigint, line: number): void {
    const isEarlier = (picture: Decoded) => picture.timestamp === timestamp && picture.line < line;
    for (const [index, picture] of this.#held) if (isEarlier(picture)) this.#held.delete(index);
    const overwritten = this.#overwritten.get(timestamp);
    if (overwritten !== undefined && isEarlier(overwritten)) this.#overwritten.delete(timestamp);
    this.#timestamps.add(timestamp);
    if (this.#timestamps.size <= mostTimestamps) return;
    const [oldest] = this.#timestamps;
    this.#timestamps.delete(oldest as bigint);
    this.#overwritten.delete(oldest as bigint);
  }

  /** Whether a request had this timestamp. */
  has(timestamp: bigint): boolean {
    return this.#timestamps.has(timestamp);
  }

  /** A CAPTURE buffer comes back. */
  dequeue({ index, timestamp, line }: BufferCall): void {
    if (timestamp === undefined) return;
    this.#held.set(index, { timestamp, line });
    this.#overwritten.delete(timestamp);
  }

  /** A CAPTURE buffer is queued: its picture is lost, unless another buffer has the same one. */
  queue({ index, line }: BufferCall): void {
    const picture = this.#held.get(index);
    if (picture === undefined) return;
    this.#held.delete(index);
    const isHeld = [...this.#held.values()].some(({ timestamp }) => timestamp === picture.timestamp);
    if (!isHeld) this.#overwritten.set(picture.timestamp, { ...picture, overwrittenAt: line });
  }

  /** The line where the picture's CAPTURE buffer was queued again, before this one; undefined where it was not. */
  overwrittenBefore(line: number, timestamp: bigint): number | undefined {
    const overwrittenAt = this.#overwritten.get(timestamp)?.overwrittenAt;
    return overwrittenAt !== undefined && overwrittenAt < line ? overwrittenAt : undefined;
  }

  /** The queue stops. The timestamps stay: requests that were queued before are looked at when theirs are known. */
  stop(): void {
    this.#overwritten.clear();
  }
}
