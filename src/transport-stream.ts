/** MPEG transport streams: H.222.0 2.4.3; packets of 188 bytes, also with 4 bytes before or 16 bytes behind each. */
import { BitstreamError, UnsupportedError } from "./errors.ts";
import type { Codec } from "./events.ts";
import {
  codecOfStreamType,
  type Demuxer,
  type ElementaryPart,
  joined,
  LONGEST_PES_HEADER,
  PartList,
  readPesHeader,
} from "./pes.ts";
import { programElements, programMapPids, SectionReader } from "./sections.ts";

const PACKET = 188;
const SYNC_BYTE = 0x47;
/** From one packet to the next. */
const strides = [PACKET, 192, 204] as const;
/** So many sync bytes in a row are no chance. */
const SYNC_COUNT = 5;
/** Packets that wait for the program map. */
const WAITING_LIMIT = 8192;

/** Where packets begin in `bytes`, and how far they are apart; undefined where `count` in a row are not to be seen. */
function findSync(bytes: Uint8Array, from: number, count: number): { at: number; stride: number } | undefined {
  for (let at = from; at + (count - 1) * PACKET < bytes.length; at++) {
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

/** The first video stream of the first program that has one. */
export class TransportStream implements Demuxer {
  codec: Codec | undefined;
  private readonly parts = new PartList();
  /** Not yet used, and its offset in the file. */
  private rest = new Uint8Array(0);
  private origin = 0;
  /** 0: the packets' places are not known. */
  private stride = 0;
  private readonly programMaps = new Map<number, SectionReader>();
  private readonly programs = new SectionReader((section) => this.programList(section));
  /** Of the video stream, and of the map that named it. */
  private video: { readonly pid: number; readonly mapPid: number } | undefined;
  /** Packets before the program map; undefined when there is no use for them. */
  private waiting: { readonly packet: Uint8Array; readonly byte: number }[] | undefined = [];
  private continuity_counter: number | undefined;
  /** The payload with this counter. */
  private last: Uint8Array | undefined;
  /** The PES packet: what has come of its header, or how many bytes are to come; undefined outside of one. */
  private header: Uint8Array | undefined;
  private left: number | undefined;
  private isScrambledTold = false;

  push(chunk: Uint8Array): ElementaryPart[] {
    const bytes = this.rest.length === 0 ? chunk : joined([this.rest, chunk]);
    const end = this.read(bytes, SYNC_COUNT);
    this.last = this.last?.slice();
    this.rest = bytes.slice(end);
    this.origin += end;
    return this.parts.take();
  }

  flush(): ElementaryPart[] {
    const { rest } = this;
    // A file may be shorter than the search for packets needs, and its last packet than the way to the next.
    const end = this.read(rest, Math.floor(rest.length / PACKET));
    if (this.stride > 0 && rest.length - end >= PACKET && rest[end] === SYNC_BYTE) {
      this.packet(rest.subarray(end, end + PACKET), this.origin + end);
    }
    this.rest = new Uint8Array(0);
    return this.parts.takeLast();
  }

  /** Returns how many bytes were used. */
  private read(bytes: Uint8Array, syncCount: number): number {
    let at = 0;
    for (;;) {
      if (this.stride === 0) {
        const sync = syncCount > 0 ? findSync(bytes, at, syncCount) : undefined;
        if (sync === undefined) return Math.max(at, bytes.length - SYNC_COUNT * 204);
        at = sync.at;
        this.stride = sync.stride;
      }
      // The last packet of a file may have nothing behind it: see `flush`.
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
    const second = packet[1] as number;
    const fourth = packet[3] as number;
    const pid = pidOf(packet);
    const isVideo = pid === this.video?.pid;
    if ((second & 0x80) !== 0) {
      if (isVideo) this.lose("a packet with transport_error_indicator", byte);
      return;
    }
    if (this.video === undefined) this.wait(packet, byte);
    const hasAdaptation = (fourth & 0x20) !== 0;
    const start = hasAdaptation ? 5 + (packet[4] as number) : 4;
    const hasPayload = (fourth & 0x10) !== 0 && start < PACKET;
    const payload = packet.subarray(Math.min(start, PACKET));
    const isStart = (second & 0x40) !== 0;
    if (pid === 0 && hasPayload) this.programs.payload(payload, isStart);
    else if (isVideo) {
      const isDiscontinuous = hasAdaptation && start > 5 && ((packet[5] as number) & 0x80) !== 0;
      if (hasPayload && this.isNext(fourth & 15, payload, isDiscontinuous, byte)) {
        this.videoPayload((fourth & 0xc0) !== 0, payload, isStart, byte);
      }
    } else if (hasPayload) this.programMaps.get(pid)?.payload(payload, isStart);
  }

  private wait(packet: Uint8Array, byte: number): void {
    if (this.waiting === undefined) return;
    this.waiting.push({ packet: packet.slice(), byte });
    if (this.waiting.length > WAITING_LIMIT) this.waiting = undefined;
  }

  private programList(section: Uint8Array): void {
    const pids = programMapPids(section);
    if (pids === null) return;
    for (const pid of this.programMaps.keys()) if (!pids.includes(pid)) this.programMaps.delete(pid);
    for (const pid of pids) {
      if (this.programMaps.has(pid)) continue;
      this.programMaps.set(pid, new SectionReader((section) => this.programMap(section, pid)));
    }
  }

  /** The first video stream, or another when the program no longer has the one that was taken. */
  private programMap(section: Uint8Array, mapPid: number): void {
    const elements = programElements(section);
    // Of other programs only when the one that was taken is gone.
    const { mapPid: taken = mapPid } = this.video ?? {};
    if (elements === null || (taken !== mapPid && this.programMaps.has(taken))) return;
    if (elements.some(({ elementary_PID }) => elementary_PID === this.video?.pid)) return;
    const element = elements.find(({ stream_type }) => codecOfStreamType(stream_type) !== undefined);
    if (element === undefined) return;
    const codec = codecOfStreamType(element.stream_type);
    if (this.codec !== undefined && codec !== this.codec) return; // A session is of one codec.
    this.codec = codec;
    this.video = { pid: element.elementary_PID, mapPid };
    this.continuity_counter = this.header = this.left = undefined;
    const { waiting = [] } = this;
    this.waiting = undefined;
    for (const { packet, byte } of waiting) if (pidOf(packet) === element.elementary_PID) this.packet(packet, byte);
  }

  /** 2.4.3.3: false for a packet that is sent twice. */
  private isNext(counter: number, payload: Uint8Array, isDiscontinuous: boolean, byte: number): boolean {
    const before = this.continuity_counter;
    if (before === counter && !isDiscontinuous && isSame(payload, this.last)) return false;
    this.continuity_counter = counter;
    this.last = payload;
    if (before !== undefined && !isDiscontinuous && counter !== ((before + 1) & 15)) {
      this.lose(`continuity_counter ${counter} behind ${before}: packets are missing`, byte);
    }
    return true;
  }

  private videoPayload(isScrambled: boolean, payload: Uint8Array, isStart: boolean, byte: number): void {
    if (isScrambled) {
      if (this.isScrambledTold) return;
      this.isScrambledTold = true;
      this.parts.lose(new UnsupportedError("the video stream is scrambled", { unit: "transport packet" }));
      return;
    }
    if (isStart) {
      this.header = payload;
      this.left = undefined;
    } else if (this.header !== undefined) this.header = joined([this.header, payload]);
    else if (this.left !== undefined) {
      this.data(payload);
      return;
    } else return;
    this.pesHeader(this.header, byte);
  }

  private pesHeader(bytes: Uint8Array, byte: number): void {
    const header = readPesHeader(bytes);
    if (header === "short" && bytes.length < LONGEST_PES_HEADER) {
      this.header = bytes.slice();
      return;
    }
    this.header = undefined;
    if (header === null || header === "short") {
      this.lose("a video packet without a valid PES header", byte);
      return;
    }
    const PES_packet_length = ((bytes[4] as number) << 8) | (bytes[5] as number);
    // 2.4.3.7: 0 is no length, up to the next packet.
    this.left = PES_packet_length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, 6 + PES_packet_length - header.size);
    this.parts.begin(header.pts);
    this.data(bytes.subarray(header.size));
  }

  private data(bytes: Uint8Array): void {
    const left = this.left ?? 0;
    this.parts.add(bytes.subarray(0, Math.min(left, bytes.length)));
    this.left = Math.max(0, left - bytes.length);
  }

  private lose(reason: string, byte: number): void {
    this.header = undefined; // What follows of one that has begun cannot be told from its payload.
    this.parts.lose(new BitstreamError(`${reason} (byte ${byte} of the file)`, { unit: "transport packet" }));
  }
}

function pidOf(packet: Uint8Array): number {
  return (((packet[1] as number) & 0x1f) << 8) | (packet[2] as number);
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b?.length === a.length && a.every((byte, i) => byte === b[i]);
}
