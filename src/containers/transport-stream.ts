/** Takes the video out of MPEG transport streams: H.222.0 2.4. */

import { BitstreamError, type StreamError, UnsupportedError } from "../errors.ts";
import type { Codec } from "../events.ts";
import {
  beginsUnit,
  codecOfElement,
  type Demuxer,
  type ElementaryPart,
  otherVideoName,
  PartList,
  scrambledError,
} from "./pes.ts";
import { PesReader } from "./pes-reader.ts";
import { type ProgramElement, ProgramList, readProgramMap, SectionReader } from "./sections.ts";
import { PACKET, PacketFinder, PacketOrder, type PacketUser, pidOf, readPacket } from "./transport-packets.ts";
import { findVideo, type WaitingPacket } from "./unnamed-video.ts";

const PLACE = "transport packet"; // for messages
/** The most packets that wait for the program map. If it has not come by then, the video is searched for in them. */
const WAITING_LIMIT = 8192;

/** A continuity_counter tells how many packets are missing only if that are fewer than this. */
const COUNTED_BYTES = 16 * PACKET;

/** A PID with program specific information. */
interface Table {
  readonly sections: SectionReader;
  readonly order: PacketOrder;
}

/** The video stream that is taken. */
interface Video {
  readonly pid: number;
  /** Undefined for a video stream that no program map names. */
  readonly program_number: number | undefined;
  readonly order: PacketOrder;
}

/** Bytes that are no packets, between two packets. */
interface Gap {
  readonly error: BitstreamError;
  /** The counter of the video's next packet shows whether the video lacks any bytes. */
  readonly isCounted: boolean;
}

/** Options of a transport stream. */
export interface TransportStreamOptions {
  /** Only video of this codec is taken. */
  readonly codec?: Codec | undefined;
  /** Recognises the codec of an elementary stream by its bytes, where that is certain. For video that no program map names. */
  readonly recognise?: (stream: Uint8Array) => Codec | undefined;
}

/** Takes the first video stream of the first program whose map names one. */
export class TransportStream implements Demuxer {
  codec: Codec | undefined;
  readonly #parts = new PartList();
  readonly #finder: PacketFinder;
  /** Offset of the last packet in the file, and its PID. */
  #byte = 0;
  #pid: number | undefined;
  /** A gap after which no packet of the video has come yet. */
  #gap: Gap | undefined;
  readonly #programs = new ProgramList();
  /** By PID. PID 0 has the program list. */
  readonly #tables = new Map<number, Table>([[0, this.#newTable((section) => this.#readProgramList(section))]]);
  /** There were sections with a wrong CRC_32, and none with a right one. */
  #hasBrokenTables = false;
  #hasTable = false;
  #hasMap = false;
  /** Video that is named by a program map, and not read. */
  #other: string | undefined;
  /** A program list that does not continue the one before has come since the last packet of the video, as at the beginning of a file. */
  #hasNewList = false;
  #video: Video | undefined;
  /** Packets before the program map; undefined when they are no longer needed. */
  #waiting: WaitingPacket[] | undefined = [];
  readonly #pes = new PesReader({
    begin: (pts) => this.#parts.begin(pts),
    data: (bytes) => this.#data(bytes),
    lose: (reason) => this.#lose(reason),
    scrambled: () => this.#loseFor(scrambledError(PLACE)),
    doubt: (reason) =>
      this.#parts.passOver(new BitstreamError("wrong-size", placed(reason, this.#byte), { unit: PLACE })),
  });
  /** The last packet of the video ended in stuffing, as the last one of a PES packet does. */
  #isStuffed = false;
  /** The program's video has changed to another codec: its PID is not read any more. */
  #isStopped = false;
  /** The video has moved to another PID, and no packet with that PID has come yet. */
  #isOtherPid = false;
  readonly #options: TransportStreamOptions;

  constructor(options: TransportStreamOptions = {}) {
    this.#options = options;
    const user: PacketUser = {
      packet: (packet, byte) => this.#packet(packet, byte),
      gap: (from, to) => this.#noPackets("no packet begins where one should", from, to, this.#pid !== this.#video?.pid),
      cutPacket: (packet, byte) => this.#cutPacket(packet, byte),
      lastPacket: (packet, byte) => this.#lastPacket(packet, byte),
    };
    this.#finder = new PacketFinder(user);
  }

  get problem(): string | undefined {
    if (this.codec === undefined && this.#other !== undefined)
      return `its video is ${this.#other}, which is not read from transport streams`;
    if (this.#hasTable || this.#finder.size === 0) return undefined;
    return this.#hasBrokenTables ? "its program tables have a wrong CRC_32" : "it has no program tables (PAT and PMT)";
  }

  #newTable(section: (bytes: Uint8Array) => void): Table {
    const take = (bytes: Uint8Array) => {
      this.#hasTable = true;
      section(bytes);
    };
    const refuse = () => {
      this.#hasBrokenTables = true;
    };
    return { sections: new SectionReader(take, refuse), order: new PacketOrder() };
  }

  push(chunk: Uint8Array): ElementaryPart[] {
    this.#finder.push(chunk);
    this.#video?.order.keep();
    for (const { order } of this.#tables.values()) order.keep();
    return this.#parts.take();
  }

  flush(): ElementaryPart[] {
    this.#finder.flush();
    if (this.#video === undefined) this.#findWithoutMap();
    this.#endPesPacket("the last PES packet is cut off", this.#finder.size);
    if (this.#gap !== undefined) {
      this.#parts.endUnit(); // As far as can be told, no packet of the video is missing.
      this.#parts.lose(this.#gap.error);
      this.#gap = undefined;
    }
    return this.#parts.takeLast();
  }

  /**
   * Takes note of bytes that are no packets. The video's next packet shows whether its bytes are among them.
   *
   * @param isUnused the video has no bytes from just before these, which may be damaged, too.
   */
  #noPackets(reason: string, from: number, to: number, isUnused = true): void {
    const size = to - from === 1 ? "1 byte is" : `${to - from} bytes are`;
    const error = this.#errorAt(reason, from, `; ${size} passed over`);
    if (!this.#pes.isInside) this.#parts.lose(error);
    else this.#gap ??= { error, isCounted: isUnused && to - from < COUNTED_BYTES };
  }

  #cutPacket(packet: Uint8Array, byte: number): void {
    const isVideo = packet.length >= 3 && pidOf(packet) === this.#video?.pid;
    if (isVideo) this.#lose("a packet is cut off", byte);
    else this.#noPackets("a packet is cut off", byte, byte + packet.length);
  }

  /** Handles what is there of the last packet, which the file's end cuts off. */
  #lastPacket(packet: Uint8Array, byte: number): void {
    const isVideo = packet.length >= 3 && pidOf(packet) === this.#video?.pid;
    // The header's four bytes show whether the video goes on in it.
    const fields = packet.length >= 4 ? readPacket(packet) : undefined;
    const goesOn =
      fields?.payload_unit_start_indicator !== true && fields?.continuity_counter !== this.#video?.order.counter;
    if (isVideo && goesOn) this.#lose("the last packet is cut off", byte);
    else if (isVideo || packet.length < 3) this.#noPackets("the last packet is cut off", byte, byte + packet.length);
  }

  /** Ends a PES packet of which no more bytes come. A PES packet without a length may be complete. */
  #endPesPacket(reason: string, byte?: number): void {
    if (this.#pes.lacksBytes) this.#lose(reason, byte);
    this.#pes.end();
  }

  /** 2.4.3.2. */
  #packet(packet: Uint8Array, byte: number): void {
    this.#byte = byte;
    const pid = pidOf(packet);
    this.#pid = pid;
    const fields = readPacket(packet);
    const isVideo = pid === this.#video?.pid;
    if (fields.transport_error_indicator) {
      if (isVideo) this.#lose("a packet with transport_error_indicator");
      return;
    }
    if (this.#video === undefined) this.#keepWaiting(packet, byte);
    const table = this.#tables.get(pid);
    const order = isVideo ? this.#video?.order : table?.order;
    if (order === undefined) return;
    const { payload, payload_unit_start_indicator: isStart, continuity_counter, discontinuity_indicator } = fields;
    if (payload === undefined) {
      if (discontinuity_indicator) order.startAt(continuity_counter);
      return;
    }
    const before = order.counter;
    const place = order.next(continuity_counter, payload, discontinuity_indicator);
    if (pid === 0) this.#hasNewList ||= before === undefined || place !== "next" || discontinuity_indicator;
    if (place === "twice") return;
    if (!isVideo) {
      table?.sections.payload(payload, isStart);
      return;
    }
    if (this.#isStopped) return;
    const isNext = before !== undefined && continuity_counter === ((before + 1) & 15);
    // An announced discontinuity matters only to a PES packet that it breaks off.
    const isJump = place === "after a jump" && this.#pes.mayGoOn;
    if (this.#gap?.isCounted && isNext) {
      this.#parts.passOver(this.#gap.error);
      this.#gap = undefined;
    } else if (this.#gap !== undefined || place === "after a gap" || isJump)
      this.#skipGap(`continuity_counter ${continuity_counter} follows ${before}`, { isStart, isNext, isJump });
    this.#hasNewList = false;
    this.#isStuffed = fields.isStuffed;
    if (fields.isScrambled) this.#loseFor(scrambledError(PLACE));
    else this.#pes.payload(payload, isStart);
  }

  /**
   * 2.4.3.3: packets may be missing before this one. A PES packet that is complete before the gap is not affected (2.4.3.5):
   * joined files and segments of a stream start with new counters.
   */
  #skipGap(what: string, { isStart, isNext, isJump }: Record<"isStart" | "isNext" | "isJump", boolean>): void {
    const isKnown = this.#hasNewList || isJump;
    const isEnded = this.#isStuffed || isKnown || isNext;
    if (!isStart || !this.#pes.isComplete(isEnded)) {
      this.#lose(`${what}: packets are missing`);
      return;
    }
    this.#parts.endUnit();
    if (this.#gap !== undefined) this.#parts.lose(this.#gap.error);
    else if (!isKnown) this.#parts.lose(this.#errorAt(`${what}: whole PES packets may be missing`));
    this.#gap = undefined;
  }

  #keepWaiting(packet: Uint8Array, byte: number): void {
    if (this.#waiting === undefined) return;
    this.#waiting.push({ packet: packet.slice(), byte });
    if (this.#waiting.length > WAITING_LIMIT) this.#findWithoutMap();
  }

  /** Finds video that no program map names: takes the first PID whose PES packets certainly hold video. */
  #findWithoutMap(): void {
    const waiting = this.#waiting ?? [];
    const options = this.#options;
    this.#waiting = undefined;
    if (this.#hasMap) return;
    const found = findVideo(waiting, (stream) => {
      const codec = options.recognise?.(stream);
      return options.codec === undefined || options.codec === codec ? codec : undefined;
    });
    if (found === undefined) return;
    const { pid, codec } = found;
    const { problem = "no program map names it" } = this;
    this.#parts.lose(this.#errorAt(`${problem}: the video was found in PID ${pid} by its bytes`, waiting[0]?.byte));
    this.#waiting = waiting;
    this.#take(pid, undefined, codec);
  }

  #readProgramList(section: Uint8Array): void {
    const added = this.#programs.section(section);
    const pids = added === "all" ? this.#programs.mapPids() : new Set(added);
    if (added === "all") this.#forgetTables(pids);
    for (const pid of pids) {
      if (this.#tables.has(pid)) continue;
      const table = this.#newTable((map) => this.#readProgramMap(map, pid));
      this.#tables.set(pid, table);
    }
  }

  /** Forgets the program maps that are no longer listed. */
  #forgetTables(listed: ReadonlySet<number>): void {
    for (const pid of this.#tables.keys()) if (pid !== 0 && !listed.has(pid)) this.#tables.delete(pid);
  }

  /** Takes the program's first video stream, or another one when the program no longer has the one that was taken. */
  #readProgramMap(section: Uint8Array, mapPid: number): void {
    const map = readProgramMap(section);
    if (map === null || this.#programs.mapPid(map.program_number) !== mapPid) return;
    this.#hasMap = true;
    const { program_number, elements } = map;
    this.#other ??= elements.map(otherVideoName).find((name) => name !== undefined);
    const video = this.#video;
    // Other programs count only when the one that was taken is gone.
    const taken = video?.program_number ?? program_number;
    if (taken !== program_number && this.#programs.mapPid(taken) !== undefined) return;
    const own = video && elements.find(({ elementary_PID }) => elementary_PID === video.pid);
    if (video && own && codecOfElement(own) === this.codec) {
      // After another codec in the same PID, the counters are not comparable.
      this.#video = { ...video, program_number, order: this.#isStopped ? new PacketOrder() : video.order };
      this.#isStopped = false;
      return;
    }
    const wanted = this.codec ?? this.#options.codec; // A session is of one codec.
    const codecs = elements.map(codecOfElement);
    const at = codecs.findIndex((codec) => codec !== undefined && codec === (wanted ?? codec));
    const element = elements[at];
    if (element !== undefined) this.#take(element.elementary_PID, program_number, codecs[at]);
    else if (taken === program_number)
      this.#stop(
        own,
        codecs.find((codec) => codec !== undefined),
      );
  }

  /** Makes this stream the video. */
  #take(pid: number, program_number: number | undefined, codec: Codec | undefined): void {
    if (this.#video !== undefined) {
      this.#endPesPacket("the PES packet is cut off: the video continues in another PID");
      this.#isOtherPid = true;
    }
    this.codec = codec;
    this.#video = { pid, program_number, order: new PacketOrder() };
    this.#isStopped = false;
    this.#pes.end();
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { packet, byte } of waiting) if (pidOf(packet) === pid) this.#packet(packet, byte);
  }

  /**
   * Ends the video: the program no longer has video of this codec. The video before is complete.
   *
   * @param own The element in the video's PID, where there still is one.
   * @param codec Other video that the program has.
   */
  #stop(own: ProgramElement | undefined, codec: Codec | undefined): void {
    if (this.#video === undefined || this.#isStopped) return;
    const other = codec ?? (own && `of stream_type ${own.stream_type}`);
    if (other === undefined) return;
    this.#endPesPacket("the PES packet is cut off: the video becomes another one");
    this.#isStopped = true;
    this.#parts.endUnit();
    const reason = `the program's video is ${other} from here on; it was ${this.codec} before`;
    this.#parts.lose(new UnsupportedError("other-codec", reason, { unit: "TS_program_map_section" }));
  }

  #data(data: Uint8Array): void {
    if (this.#isOtherPid && data.length > 0) {
      if (!beginsUnit(data)) this.#lose("the video continues in another PID, in the middle of a unit");
      this.#isOtherPid = false;
    }
    this.#parts.add(data);
  }

  #lose(reason: string, byte = this.#byte): void {
    this.#loseFor(this.#errorAt(reason, byte));
  }

  #errorAt(reason: string, byte = this.#byte, more = ""): BitstreamError {
    return new BitstreamError("lost-bytes", placed(reason, byte, more), { unit: PLACE });
  }

  #loseFor(error: StreamError): void {
    this.#pes.loseBytes();
    this.#parts.lose(this.#gap?.error ?? error);
    this.#gap = undefined;
  }
}

function placed(reason: string, byte: number, more = ""): string {
  return `${reason} (byte ${byte} of the file${more})`;
}
