/** Transport packets: H.222.0 2.4.3. They have 188 bytes. In some files, 4 bytes precede or 16 bytes follow each packet. */

import { sameBytes } from "../framing/bytes.ts";

export const PACKET = 188;
export const SYNC_BYTE = 0x47;
/** The possible distances in bytes from one packet to the next. */
const strides = [PACKET, 192, 204] as const;
export const LONGEST_STRIDE = strides[2];
/** So many sync bytes in a row cannot be a coincidence. */
export const SYNC_COUNT = 5;
/** So many bytes are enough to recognise a stream that begins inside a packet. */
export const SYNC_SEARCH = SYNC_COUNT * LONGEST_STRIDE;

/**
 * Finds where packets begin in `bytes`, and the distance between them. Undefined where there are not `count` in a row.
 *
 * @param longest how many bytes must follow a place, if more bytes will come, so that every stride can be tried there.
 */
export function findSync(
  bytes: Uint8Array,
  from: number,
  count: number,
  longest: number = PACKET,
): { at: number; stride: number } | undefined {
  for (let at = from; at + (count - 1) * longest < bytes.length; at++) {
    if (bytes[at] !== SYNC_BYTE) continue;
    const stride = strides.find((stride) => {
      for (let i = 1; i < count; i++) if (bytes[at + i * stride] !== SYNC_BYTE) return false;
      return true;
    });
    if (stride !== undefined) return { at, stride };
  }
  return undefined;
}

/** Whether this is the beginning of a transport stream. */
export function looksLikeTransportStream(head: Uint8Array): boolean {
  const sync = findSync(head, 0, 3);
  if (sync === undefined) return isShort(head);
  return sync.at === 0 || findSync(head, 0, SYNC_COUNT) !== undefined;
}

/** Whether this is a file of one or two packets. */
function isShort(head: Uint8Array): boolean {
  return (
    head[0] === SYNC_BYTE && (head.length === PACKET || (head.length === 2 * PACKET && head[PACKET] === SYNC_BYTE))
  );
}

/** 2.4.3.3: checks the continuity_counter of one PID's packets with a payload. */
export class PacketOrder {
  counter: number | undefined;
  /** The payload of the last packet. */
  #last: Uint8Array | undefined;

  /** Says how a packet follows the one before. A packet that is sent twice changes nothing. */
  next(counter: number, payload: Uint8Array, isDiscontinuous: boolean): "next" | "twice" | "after a gap" {
    const before = this.counter;
    if (before === counter && !isDiscontinuous && this.#last && sameBytes(payload, this.#last)) return "twice";
    this.counter = counter;
    this.#last = payload;
    return before === undefined || isDiscontinuous || counter === ((before + 1) & 15) ? "next" : "after a gap";
  }

  /** Takes a packet without payload whose discontinuity_indicator is 1: the next packet's counter must follow its counter. */
  startAt(counter: number): void {
    this.counter = counter;
    this.#last = undefined;
  }

  /** Copies the last payload, because the caller may change the pushed bytes from now on. */
  keep(): void {
    this.#last = this.#last?.slice();
  }
}

export function pidOf(packet: Uint8Array): number {
  return (((packet[1] as number) & 0x1f) << 8) | (packet[2] as number);
}

/** A packet's fields and its payload: 2.4.3.2. */
export interface PacketFields {
  readonly transport_error_indicator: boolean;
  readonly payload_unit_start_indicator: boolean;
  readonly isScrambled: boolean;
  readonly continuity_counter: number;
  readonly discontinuity_indicator: boolean;
  /** The adaptation field ends in stuffing, with which a multiplexer fills the last packet of a PES packet. */
  readonly isStuffed: boolean;
  /** Undefined where the packet has none. */
  readonly payload: Uint8Array | undefined;
}

/** Reads the fields of a packet of 188 bytes. */
export function readPacket(packet: Uint8Array): PacketFields {
  const second = packet[1] as number;
  const fourth = packet[3] as number;
  const hasAdaptation = (fourth & 0x20) !== 0;
  const adaptation_field_length = hasAdaptation ? (packet[4] as number) : 0;
  const start = hasAdaptation ? 5 + adaptation_field_length : 4;
  const flags = adaptation_field_length > 0 ? (packet[5] as number) : 0;
  return {
    transport_error_indicator: (second & 0x80) !== 0,
    payload_unit_start_indicator: (second & 0x40) !== 0,
    isScrambled: (fourth & 0xc0) !== 0,
    continuity_counter: fourth & 15,
    discontinuity_indicator: (flags & 0x80) !== 0,
    isStuffed: hasAdaptation && adaptation_field_length !== usedAdaptation(packet, adaptation_field_length, flags),
    payload: (fourth & 0x10) !== 0 && start < PACKET ? packet.subarray(start) : undefined,
  };
}

/**
 * 2.4.3.4: the number of bytes of an adaptation field that are not stuffing. An adaptation field of length 0 is itself one byte
 * of stuffing.
 */
function usedAdaptation(packet: Uint8Array, adaptation_field_length: number, flags: number): number | undefined {
  if (adaptation_field_length === 0) return undefined;
  let used = 1;
  if (flags & 0x10) used += 6; // program_clock_reference
  if (flags & 0x08) used += 6; // original_program_clock_reference
  if (flags & 0x04) used += 1; // splice_countdown
  if (flags & 0x02) used += 1 + (packet[5 + used] ?? 0); // transport_private_data
  if (flags & 0x01) used += 1 + (packet[5 + used] ?? 0); // adaptation field extension
  return used;
}
