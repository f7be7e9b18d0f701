/** Transport packets: H.222.0 2.4.3. They have 188 bytes. In some files, 4 bytes precede or 16 bytes follow each packet. */

import { joined, sameBytes } from "../framing/bytes.ts";

export const PACKET = 188;
const SYNC_BYTE = 0x47;
/** The possible distances in bytes from one packet to the next. */
const TIMED_PACKET = 192;
const strides = [PACKET, TIMED_PACKET, 204] as const;
const LONGEST_STRIDE = strides[2];
/** So many sync bytes in a row cannot be a coincidence. */
const SYNC_COUNT = 5;
/** So many bytes are enough to recognise a stream that begins inside a packet. */
const SYNC_SEARCH = SYNC_COUNT * LONGEST_STRIDE;
/** At the end of a file, fewer sync bytes in a row will do, where they lead to its last byte. */
const SYNC_COUNT_AT_END = 2;

interface Sync {
  readonly at: number;
  readonly stride: number;
}

/**
 * Finds where packets begin in `bytes`, and the distance between them. Undefined where there are not `count` in a row.
 *
 * @param longest how many bytes must follow a place, if more bytes will come, so that every stride can be tried there.
 */
function findSync(bytes: Uint8Array, from: number, count: number, longest: number = PACKET): Sync | undefined {
  const end = bytes.length - (count - 1) * longest;
  for (let at = bytes.indexOf(SYNC_BYTE, from); at >= 0 && at < end; at = bytes.indexOf(SYNC_BYTE, at + 1)) {
    const isRow = (from: number, stride: number) => {
      for (let i = 0; i < count; i++) if (bytes[from + i * stride] !== SYNC_BYTE) return false;
      return true;
    };
    const stride = strides.find((stride) => isRow(at, stride));
    // The arrival times in front of the packets begin with the same byte for half a second: it may be a sync byte, too.
    const isTime = stride === TIMED_PACKET && isRow(at + TIMED_PACKET - PACKET, stride);
    if (stride !== undefined) return { at: isTime ? at + TIMED_PACKET - PACKET : at, stride };
  }
  return undefined;
}

/** Finds where the last packets of a file begin: as `findSync`, or so that packets fill the rest of the file. */
function findLastSync(bytes: Uint8Array, from: number): Sync | undefined {
  const sync = findSync(bytes, from, SYNC_COUNT);
  for (let at = from; at < (sync?.at ?? bytes.length - PACKET); at++) {
    const stride = strides.find((stride) => isFilled(bytes, at, stride));
    if (stride !== undefined) return { at, stride };
  }
  return sync;
}

/** Whether packets lead from `at` to exactly the end. Nothing may follow the last one. */
function isFilled(bytes: Uint8Array, at: number, stride: number): boolean {
  const size = bytes.length - at;
  if (size % stride !== 0 && size % stride !== PACKET) return false;
  if (Math.ceil(size / stride) < SYNC_COUNT_AT_END) return false;
  for (let place = at; place < bytes.length; place += stride) if (bytes[place] !== SYNC_BYTE) return false;
  return true;
}

/** What a `PacketFinder` finds, in the file's order. Offsets are those in the file. */
export interface PacketUser {
  /** A packet of 188 bytes. */
  packet(packet: Uint8Array, byte: number): void;
  /** The bytes from `from` up to `to` are no packets; packets, or nothing, come after them. */
  gap(from: number, to: number): void;
  /** A packet of which only these bytes are there: after them, another packet begins. */
  cutPacket(packet: Uint8Array, byte: number): void;
  /** The file ends in a packet, of which this much is there: fewer than 188 bytes. */
  lastPacket(packet: Uint8Array, byte: number): void;
}

/** Cuts a file that comes in pieces of any size into packets. It keeps a few packets at most. */
export class PacketFinder {
  readonly #user: PacketUser;
  /** The bytes that are not used yet, from the next packet on, and their offset in the file. */
  #kept = new Uint8Array(0);
  #origin = 0;
  /** The distance from one packet to the next; 0 while it is not known where packets begin. */
  #stride = 0;
  /** Offset in the file where a packet should begin and none does; undefined before the first packet, and in step. */
  #lostAt: number | undefined;
  /** The first packet has been found. */
  #hasBegun = false;

  constructor(user: PacketUser) {
    this.#user = user;
  }

  /** The number of bytes so far. */
  get size(): number {
    return this.#origin + this.#kept.length;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#kept.length === 0 ? chunk : joined([this.#kept, chunk]);
    this.#keep(bytes, this.#read(bytes, false));
  }

  /** The end of the file. */
  flush(): void {
    this.#keep(this.#kept, this.#read(this.#kept, true));
    const last = this.#kept.subarray(0, PACKET);
    if (this.#lostAt !== undefined) this.#user.gap(this.#lostAt, this.size);
    else if (this.#stride > 0 && last.length === PACKET) this.#user.packet(last, this.#origin);
    else if (this.#stride > 0 && last.length > 0) this.#user.lastPacket(last, this.#origin);
    this.#lostAt = undefined;
    this.#keep(this.#kept, this.#kept.length);
  }

  /** Keeps the bytes after the first `used` ones. */
  #keep(bytes: Uint8Array, used: number): void {
    this.#kept = bytes.slice(used);
    this.#origin += used;
  }

  /** Hands out all packets after which something comes. Returns how many bytes were used. */
  #read(bytes: Uint8Array, isEnd: boolean): number {
    let at = 0;
    for (;;) {
      if (this.#stride === 0) {
        const sync = this.#find(bytes, at, isEnd);
        if (sync === undefined) return isEnd ? at : Math.max(at, bytes.length - SYNC_SEARCH);
        at = sync.at;
        this.#stride = sync.stride;
        // A file may begin inside a packet, with less than one.
        if (!this.#hasBegun && this.#origin + at >= LONGEST_STRIDE) this.#lostAt = 0;
        this.#hasBegun = true;
        if (this.#lostAt !== undefined) this.#user.gap(this.#lostAt, this.#origin + at);
        this.#lostAt = undefined;
      }
      const next = at + this.#stride;
      if (bytes.length <= next) return at;
      if (bytes[next] === SYNC_BYTE) {
        this.#user.packet(bytes.subarray(at, at + PACKET), this.#origin + at);
        at = next;
        continue;
      }
      // Either bytes that are no packet come after this one, or it is cut off, and the next one begins inside of it.
      const sync = this.#find(bytes, at + 1, isEnd);
      if (sync === undefined && !isEnd && bytes.length < next + SYNC_SEARCH) return at;
      if (sync !== undefined && sync.at < next) {
        const packet = bytes.subarray(at, Math.min(sync.at, at + PACKET));
        if (packet.length === PACKET) this.#user.packet(packet, this.#origin + at);
        else this.#user.cutPacket(packet, this.#origin + at);
        at = sync.at;
        this.#stride = sync.stride;
      } else {
        this.#user.packet(bytes.subarray(at, at + PACKET), this.#origin + at);
        at = next;
        this.#stride = 0;
        this.#lostAt = this.#origin + next;
      }
    }
  }

  #find(bytes: Uint8Array, from: number, isEnd: boolean): Sync | undefined {
    if (!isEnd) return findSync(bytes, from, SYNC_COUNT, LONGEST_STRIDE);
    if (this.#stride > 0 || this.#lostAt !== undefined) return findLastSync(bytes, from);
    // A file may be shorter than the search for packets needs.
    const count = Math.min(SYNC_COUNT, Math.floor(bytes.length / PACKET));
    return count > 0 ? findSync(bytes, from, count) : undefined;
  }
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

/** How a packet follows the one before; "after a jump" where its counter does not, and discontinuity_indicator announces that. */
export type Following = "next" | "twice" | "after a jump" | "after a gap";

/** 2.4.3.3: checks the continuity_counter of one PID's packets with a payload. */
export class PacketOrder {
  counter: number | undefined;
  /** The payload of the last packet. */
  #last: Uint8Array | undefined;
  /** A packet without payload has announced another counter. */
  #hasJumped = false;

  /** Takes a packet with a payload. One that is sent twice changes nothing. */
  next(counter: number, payload: Uint8Array, isDiscontinuous: boolean): Following {
    const before = this.counter;
    if (before === counter && !isDiscontinuous && this.#last && sameBytes(payload, this.#last)) return "twice";
    const hasJumped = this.#hasJumped;
    this.counter = counter;
    this.#last = payload;
    this.#hasJumped = false;
    if (before === undefined) return "next";
    if (counter === ((before + 1) & 15)) return hasJumped ? "after a jump" : "next";
    return isDiscontinuous ? "after a jump" : "after a gap";
  }

  /** Takes a packet without payload whose discontinuity_indicator is 1: the next packet's counter must follow its counter. */
  startAt(counter: number): void {
    this.#hasJumped ||= this.counter !== undefined && this.counter !== counter;
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
