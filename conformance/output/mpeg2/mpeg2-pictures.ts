import type { DecodeEvent, RequestEvent } from "../../../src/events.ts";
import { unitsOfPacket } from "../../../src/framing/byte-stream.ts";
import { openSession } from "../../../src/open-session.ts";
import { v4l2_ctrl_mpeg2_picture } from "../../../src/uapi/mpeg2.ts";

/** picture_coding_type of Table 6-12. */
export const B_PICTURE = 3;

/** A frame as our session requested it: one picture, or up to two fields. */
export interface Mpeg2Frame {
  readonly timestamp: number;
  /** Of its first picture's header in the stream, after the prefix of its start code. */
  readonly byte: number;
  readonly picture_coding_type: number;
  /** Counts the changes of size or format. */
  readonly sequence: number;
  /** An error said that a picture that it refers to is missing. */
  readonly hasMissingReference: boolean;
}

/** What our session makes of a stream. */
export interface Mpeg2Outputs {
  /** In decoding order. */
  readonly frames: readonly Mpeg2Frame[];
  /** In output order. */
  readonly outputs: readonly Mpeg2Frame[];
  /** Places of pictures that were skipped because decoding cannot start there. */
  readonly skipped: readonly number[];
  /** Broken promises of the events themselves. */
  readonly faults: readonly string[];
}

/** Follows the events of a session that is given one unit after the other. */
class Follower {
  readonly frames = new Map<number, Mpeg2Frame>();
  readonly outputs: Mpeg2Frame[] = [];
  readonly skipped: number[] = [];
  readonly faults: string[] = [];
  /** Of the picture headers that were read: of the picture that the next request is of, and of the one after it. */
  #byte = -1;
  nextByte = -1;
  readonly #held = new Set<number>();
  readonly #missing = new Set<number>();
  #sequence = 0;

  /** A picture ends before the unit that ends it is read. */
  take(events: readonly DecodeEvent[]): void {
    for (const event of events) this.#event(event);
    this.#byte = this.nextByte;
  }

  #event(event: DecodeEvent): void {
    if (event.type === "sequence") this.#sequence++;
    else if (event.type === "request") this.#request(event);
    else if (event.type === "error") {
      if (event.kind === "missing-reference" && event.byte !== undefined) this.#missing.add(event.byte);
      else if (event.kind === "before-random-access") this.skipped.push(this.nextByte);
    } else if (event.type === "release") {
      if (!this.#held.delete(event.timestamp)) this.faults.push(`${event.timestamp} is released and is not held`);
    } else {
      if (!this.#held.has(event.timestamp)) this.faults.push(`${event.timestamp} is output and is not held`);
      this.outputs.push(this.frames.get(event.timestamp) as Mpeg2Frame);
    }
  }

  #request({ timestamp, controls }: RequestEvent): void {
    if (this.frames.has(timestamp)) return;
    const picture = controls.find(({ name }) => name === "V4L2_CID_STATELESS_MPEG2_PICTURE")?.payload as Uint8Array;
    const byte = this.#byte;
    const sequence = this.#sequence;
    const picture_coding_type = picture[v4l2_ctrl_mpeg2_picture.offsets.picture_coding_type] as number;
    const hasMissingReference = this.#missing.has(byte);
    this.frames.set(timestamp, { timestamp, byte, picture_coding_type, sequence, hasMissingReference });
    this.#held.add(timestamp);
  }

  end(): void {
    for (const timestamp of this.#held) this.faults.push(`${timestamp} is never released`);
    for (const frame of this.frames.values()) {
      const count = this.outputs.filter((output) => output === frame).length;
      if (count !== 1) this.faults.push(`frame ${frame.timestamp} is output ${count} times`);
    }
  }
}

/** Runs a session over a byte stream in which every `output` can be traced to the header of its first picture. */
export function decodeMpeg2Pictures(stream: Uint8Array): Mpeg2Outputs {
  let follower: Follower | undefined;
  const unit = ({ byte, bytes }: { readonly byte: number; readonly bytes: Uint8Array }): void => {
    if (bytes[0] === 0 && follower !== undefined) follower.nextByte = byte;
  };
  const session = openSession("mpeg2", { trace: { unit, element: () => {} } });
  follower = new Follower();
  let at = 0;
  for (const { byte, bytes } of unitsOfPacket(stream, 0, true)) {
    follower.take(session.push(stream.subarray(at, byte + bytes.length)));
    at = byte + bytes.length;
  }
  follower.take(session.flush());
  follower.end();
  const { frames, outputs, skipped, faults } = follower;
  return { frames: [...frames.values()], outputs, skipped, faults };
}
