/** MPEG transport streams: H.222.0 2.4.3; packets of 188 bytes, also with 4 bytes before or 16 bytes after each. */

import { BitstreamError, UnsupportedError } from "../errors.ts";
import type { Codec } from "../events.ts";
import { joined, sameBytes } from "../framing/bytes.ts";
import {
  codecOfStreamType,
  type Demuxer,
  type ElementaryPart,
  LONGEST_PES_HEADER,
  PartList,
  readPesHeader,
} from "./pes.ts";
import { ProgramList, readProgramMap, SectionReader } from "./sections.ts";

const PACKET = 188;
const SYNC_BYTE = 0x47;
/** From one packet to the next. */
const strides = [PACKET, 192, 204] as const;
/** So many sync bytes in a row are no coincidence. */
const SYNC_COUNT = 5;
/** For messages. */
const PLACE = "transport packet";
/** Packets that wait for the program map. */
const WAITING_LIMIT = 8192;

/** Bytes that are enough to recognise a stream that begins within a packet. */
const SYNC_SEARCH = SYNC_COUNT * Math.max(...strides);

/**
 * Where packets begin in `bytes`, and how far they are apart; undefined where `count` in a row are not to be seen.
 *
 * @param longest While more bytes will come: how many bytes must follow a place, so that every stride can be tried there.
 */
function findSync(
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
  return sync !== undefined && (sync.at === 0 || findSync(head, 0, SYNC_COUNT) !== undefined);
}

/** 2.4.3.3: the packets with a payload of one PID, by their continuity_counter. */
class PacketOrder {
  counter: number | undefined;
  /** The payload with this counter. */
  private last: Uint8Array | undefined;

  /** How a packet follows the one before; nothing changes by one that is sent twice. */
  next(counter: number, payload: Uint8Array, isDiscontinuous: boolean): "next" | "twice" | "after a gap" {
    const before = this.counter;
    if (before === counter && !isDiscontinuous && this.last && sameBytes(payload, this.last)) return "twice";
    this.counter = counter;
    this.last = payload;
    return before === undefined || isDiscontinuous || counter === ((before + 1) & 15) ? "next" : "after a gap";
  }

  /** A packet without payload whose discontinuity_indicator is 1: the next one's counter follows its own. */
  startAt(counter: number): void {
    this.counter = counter;
    this.last = undefined;
  }

  /** What was pushed may change from now on. */
  keep(): void {
    this.last = this.last?.slice();
  }
}

/** A PID with program specific information. */
interface Table {
  readonly sections: SectionReader;
  readonly order: PacketOrder;
}

function newTable(section: (bytes: Uint8Array) => void): Table {
  return { sections: new SectionReader(section), order: new PacketOrder() };
}

/** The video stream that is taken. */
interface Video {
  readonly pid: number;
  readonly program_number: number;
  readonly order: PacketOrder;
}

/** The first video stream of that program with video whose map comes first. */
export class TransportStream implements Demuxer {
  codec: Codec | undefined;
  private readonly parts = new PartList();
  /** Not yet used, and its offset in the file. */
  private rest = new Uint8Array(0);
  private origin = 0;
  /** Offset of the packet in the file. */
  private byte = 0;
  /** 0: the packets' places are not known. */
  private stride = 0;
  private readonly programs = new ProgramList();
  /** By PID; 0 is that of the program list. */
  private readonly tables = new Map<number, Table>([[0, newTable((section) => this.programList(section))]]);
  private video: Video | undefined;
  /** Packets before the program map; undefined when there is no use for them. */
  private waiting: { readonly packet: Uint8Array; readonly byte: number }[] | undefined = [];
  /** The PES packet: what has come of its header, or how many bytes are to come; undefined outside of one. */
  private header: Uint8Array | undefined;
  private left: number | undefined;
  private isScrambledTold = false;
  private isOtherCodecTold = false;
  /** The video has moved to another PID, of which no packet has come yet. */
  private isOtherPid = false;
  private readonly asked: Codec | undefined;

  /** @param asked takes no video but of this codec. */
  constructor(asked?: Codec) {
    this.asked = asked;
  }

  push(chunk: Uint8Array): ElementaryPart[] {
    const bytes = this.rest.length === 0 ? chunk : joined([this.rest, chunk]);
    const end = this.read(bytes, SYNC_COUNT, Math.max(...strides));
    this.video?.order.keep();
    for (const { order } of this.tables.values()) order.keep();
    this.rest = bytes.slice(end);
    this.origin += end;
    return this.parts.take();
  }

  flush(): ElementaryPart[] {
    const { rest } = this;
    // A file may be shorter than the search for packets needs, and its last packet than the way to the next.
    const end = this.read(rest, Math.floor(rest.length / PACKET), PACKET);
    if (this.stride > 0 && end < rest.length) this.lastPacket(rest.subarray(end, end + PACKET), this.origin + end);
    this.endPesPacket("the last PES packet is cut off", this.origin + rest.length);
    this.rest = new Uint8Array(0);
    return this.parts.takeLast();
  }

  /** The bytes after the last packet that has a whole stride. */
  private lastPacket(packet: Uint8Array, byte: number): void {
    if (packet[0] !== SYNC_BYTE) this.lose("no packet begins where one should", byte);
    else if (packet.length === PACKET) this.packet(packet, byte);
    else if (packet.length < 3 || pidOf(packet) === this.video?.pid) this.lose("the last packet is cut off", byte);
  }

  /** No more of a PES packet comes; that of one without a length may be complete. */
  private endPesPacket(reason: string, byte?: number): void {
    const left = this.left ?? 0;
    if (this.header !== undefined || (left > 0 && left < Infinity)) this.lose(reason, byte);
    this.header = this.left = undefined;
  }

  /** Returns how many bytes were used. */
  private read(bytes: Uint8Array, syncCount: number, longest: number): number {
    let at = 0;
    for (;;) {
      if (this.stride === 0) {
        const sync = syncCount > 0 ? findSync(bytes, at, syncCount, longest) : undefined;
        if (sync === undefined) return Math.max(at, bytes.length - SYNC_SEARCH);
        at = sync.at;
        this.stride = sync.stride;
      }
      // Nothing may follow the last packet of a file: see `flush`.
      if (bytes.length - at < this.stride) return at;
      if (bytes[at] !== SYNC_BYTE) {
        this.stride = 0;
        this.lose("no packet begins where one should", this.origin + at);
        continue;
      }
      this.packet(bytes.subarray(at, at + PACKET), this.origin + at);
      at += this.stride;
    }
  }

  /** 2.4.3.2. */
  private packet(packet: Uint8Array, byte: number): void {
    this.byte = byte;
    const second = packet[1] as number;
    const fourth = packet[3] as number;
    const pid = pidOf(packet);
    const isVideo = pid === this.video?.pid;
    if ((second & 0x80) !== 0) {
      if (isVideo) this.lose("a packet with transport_error_indicator");
      return;
    }
    if (this.video === undefined) this.wait(packet, byte);
    const hasAdaptation = (fourth & 0x20) !== 0;
    const start = hasAdaptation ? 5 + (packet[4] as number) : 4;
    const hasPayload = (fourth & 0x10) !== 0 && start < PACKET;
    const payload = packet.subarray(Math.min(start, PACKET));
    const isStart = (second & 0x40) !== 0;
    const isDiscontinuous = hasAdaptation && start > 5 && ((packet[5] as number) & 0x80) !== 0;
    const counter = fourth & 15;
    const table = this.tables.get(pid);
    const order = isVideo ? this.video?.order : table?.order;
    if (order === undefined) return;
    if (!hasPayload) {
      if (isDiscontinuous) order.startAt(counter);
      return;
    }
    const before = order.counter;
    const place = order.next(counter, payload, isDiscontinuous);
    if (place === "twice") return;
    if (!isVideo) {
      table?.sections.payload(payload, isStart);
      return;
    }
    if (place === "after a gap") this.lose(`continuity_counter ${counter} follows ${before}: packets are missing`);
    this.videoPayload((fourth & 0xc0) !== 0, payload, isStart);
  }

  private wait(packet: Uint8Array, byte: number): void {
    if (this.waiting === undefined) return;
    this.waiting.push({ packet: packet.slice(), byte });
    if (this.waiting.length > WAITING_LIMIT) this.waiting = undefined;
  }

  private programList(section: Uint8Array): void {
    this.programs.section(section);
    const pids = this.programs.mapPids();
    for (const pid of this.tables.keys()) if (pid !== 0 && !pids.has(pid)) this.tables.delete(pid);
    for (const pid of pids) {
      if (this.tables.has(pid)) continue;
      this.tables.set(
        pid,
        newTable((section) => this.programMap(section, pid)),
      );
    }
  }

  /** The first video stream, or another when the program no longer has the one that was taken. */
  private programMap(section: Uint8Array, mapPid: number): void {
    const map = readProgramMap(section);
    if (map === null || this.programs.mapPid(map.program_number) !== mapPid) return;
    const { program_number, elements } = map;
    // Of other programs only when the one that was taken is gone.
    const taken = this.video?.program_number ?? program_number;
    if (taken !== program_number && this.programs.mapPid(taken) !== undefined) return;
    const { video } = this;
    if (video !== undefined && elements.some(({ elementary_PID }) => elementary_PID === video.pid)) {
      this.video = { ...video, program_number };
      this.isOtherCodecTold = false;
      return;
    }
    const wanted = this.codec ?? this.asked; // A session is of one codec.
    const codecs = elements.map(({ stream_type }) => codecOfStreamType(stream_type));
    const at = codecs.findIndex((codec) => codec !== undefined && codec === (wanted ?? codec));
    const element = elements[at];
    if (element !== undefined) this.take(element.elementary_PID, program_number, codecs[at]);
    else if (taken === program_number) this.tellOtherCodec(codecs.find((codec) => codec !== undefined));
  }

  /** From here on this is the video. */
  private take(pid: number, program_number: number, codec: Codec | undefined): void {
    if (this.video !== undefined) {
      this.endPesPacket("the PES packet is cut off: the video continues in another PID");
      this.isOtherPid = true;
    }
    this.codec = codec;
    this.video = { pid, program_number, order: new PacketOrder() };
    this.isOtherCodecTold = false;
    this.header = this.left = undefined;
    const { waiting = [] } = this;
    this.waiting = undefined;
    for (const { packet, byte } of waiting) if (pidOf(packet) === pid) this.packet(packet, byte);
  }

  /** The program's video is now of this codec, and that which was taken is gone. */
  private tellOtherCodec(codec: Codec | undefined): void {
    if (codec === undefined || this.video === undefined || this.isOtherCodecTold) return;
    this.isOtherCodecTold = true;
    const reason = `the program's video is ${codec} from here on; it was ${this.codec} before`;
    this.parts.lose(new UnsupportedError(reason, { unit: "TS_program_map_section" }));
  }

  private videoPayload(isScrambled: boolean, payload: Uint8Array, isStart: boolean): void {
    if (isScrambled) {
      if (!this.isScrambledTold) this.loseFor(new UnsupportedError("the video stream is scrambled", { unit: PLACE }));
      this.isScrambledTold = true;
      return;
    }
    this.isScrambledTold = false;
    if (isStart) {
      this.header = payload;
      this.left = undefined;
    } else if (this.header !== undefined) this.header = joined([this.header, payload]);
    else if (this.left !== undefined) {
      this.data(payload);
      return;
    } else return;
    this.pesHeader(this.header);
  }

  private pesHeader(bytes: Uint8Array): void {
    const header = readPesHeader(bytes);
    if (header === "short" && bytes.length < LONGEST_PES_HEADER) {
      this.header = bytes.slice();
      return;
    }
    this.header = undefined;
    if (header === null || header === "short") {
      this.lose("a video packet without a valid PES header");
      return;
    }
    const PES_packet_length = ((bytes[4] as number) << 8) | (bytes[5] as number);
    // 2.4.3.7: 0 is no length, up to the next packet.
    this.left = PES_packet_length === 0 ? Infinity : Math.max(0, 6 + PES_packet_length - header.size);
    this.parts.begin(header.pts);
    this.data(bytes.subarray(header.size));
  }

  private data(bytes: Uint8Array): void {
    const left = this.left ?? 0;
    const data = bytes.subarray(0, Math.min(left, bytes.length));
    if (this.isOtherPid && data.length > 0) {
      if (!beginsUnit(data)) this.lose("the video continues in another PID, in the middle of a unit");
      this.isOtherPid = false;
    }
    this.parts.add(data);
    this.left = Math.max(0, left - bytes.length);
  }

  private lose(reason: string, byte = this.byte): void {
    this.loseFor(new BitstreamError(`${reason} (byte ${byte} of the file)`, { unit: PLACE }));
  }

  /** What follows of a header that has begun cannot be told from its payload, nor where a PES packet's length ends. */
  private loseFor(error: BitstreamError | UnsupportedError): void {
    this.header = undefined;
    if (this.left !== undefined) this.left = Infinity;
    this.parts.lose(error);
  }
}

/** Whether a start code begins here, as far as can be seen. */
function beginsUnit(bytes: Uint8Array): boolean {
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return zeros < 0 || (zeros >= 2 && bytes[zeros] === 1);
}

function pidOf(packet: Uint8Array): number {
  return (((packet[1] as number) & 0x1f) << 8) | (packet[2] as number);
}
