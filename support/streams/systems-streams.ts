/** Program and transport streams of one video stream, packet by packet, from a few lines: H.222.0. */
import type { Demuxer, ElementaryPart } from "../../src/containers/pes.ts";
import { BitWriter } from "../../src/testing/bit-writer.ts";

/** A PES packet to be written. */
export interface PesPacket {
  readonly data: Uint8Array;
  readonly pts?: number;
}

const bytesOf = (...parts: readonly ArrayLike<number>[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

function timestamp(w: BitWriter, mark: number, pts: number): BitWriter {
  const high = Math.floor(pts / 2 ** 30);
  return w
    .u(4, mark)
    .u(3, high)
    .u(1, 1)
    .u(15, (pts >>> 15) & 0x7fff)
    .u(1, 1)
    .u(15, pts & 0x7fff)
    .u(1, 1);
}

/** 2.4.3.6. @param length PES_packet_length; 0 says none. */
export function pesPacket({ data, pts }: PesPacket, stream_id = 0xe0, length?: number): Uint8Array {
  const stamp = pts === undefined ? [] : timestamp(new BitWriter(), 2, pts).bytes();
  const header = [0x80, pts === undefined ? 0 : 0x80, stamp.length + 2, ...stamp, 0xff, 0xff];
  const size = length ?? header.length + data.length;
  return bytesOf([0, 0, 1, stream_id, size >> 8, size & 255], header, data);
}

/** ISO/IEC 11172-1 2.4.3.3, with stuffing and the buffer's size. */
export function mpeg1Packet({ data, pts }: PesPacket, stream_id = 0xe0): Uint8Array {
  const stamp = pts === undefined ? [0x0f] : timestamp(new BitWriter(), 2, pts).bytes();
  const header = [0xff, 0xff, 0x60, 0x2e, ...stamp];
  const size = header.length + data.length;
  return bytesOf([0, 0, 1, stream_id, size >> 8, size & 255], header, data);
}

export const packHeader = Uint8Array.of(0, 0, 1, 0xba, 0x44, 0, 4, 0, 4, 1, 0, 0, 3, 0xf9, 0xff); // a byte of stuffing
export const mpeg1PackHeader = Uint8Array.of(0, 0, 1, 0xba, 0x21, 0, 1, 0, 1, 0x80, 0, 1);
const systemHeader = Uint8Array.of(0, 0, 1, 0xbb, 0, 6, 0x80, 0, 1, 4, 0xe1, 0x7f);
const audio = Uint8Array.of(0, 0, 1, 0xc0, 0, 8, 0x80, 0, 0, 0, 0, 1, 0xe0, 0);

/** Packs of one packet each, with audio and padding between. */
export function programStream(packets: readonly PesPacket[], { mpeg1 = false } = {}): Uint8Array {
  const packs = packets.flatMap((packet, i) => [
    mpeg1 ? mpeg1PackHeader : packHeader,
    ...(i === 0 ? [systemHeader] : []),
    audio,
    mpeg1 ? mpeg1Packet(packet) : pesPacket(packet),
    pesPacket({ data: Uint8Array.of(0, 0, 1, 0xb3) }, 0xe1), // another video stream
  ]);
  return bytesOf(...packs, [0, 0, 1, 0xb9]);
}

export const VIDEO_PID = 0x100;
export const MAP_PID = 0x1000;

/** A packet of 188 bytes; what `payload` leaves free is an adaptation field. @param mark the bits of the second byte. */
export function transportPacket(pid: number, counter: number, payload: Uint8Array, mark = 0): Uint8Array {
  const free = 184 - payload.length;
  const field = free === 0 ? [] : free === 1 ? [0] : [free - 1, 0, ...new Array<number>(free - 2).fill(0xff)];
  const control = (free === 0 ? 0x10 : 0x30) | (counter & 15);
  return bytesOf([0x47, mark | (pid >> 8), pid & 255, control], field, payload);
}

/** The packets of a payload that begins in the first of them. */
export function transportPackets(pid: number, payload: Uint8Array, counter = 0, size = 184): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const mark = at === 0 ? 0x40 : 0;
    packets.push(transportPacket(pid, counter + packets.length, payload.subarray(at, at + size), mark));
  }
  return packets;
}

/** 2.4.4: a section, after its pointer_field. */
export function section(table_id: number, body: readonly number[]): Uint8Array {
  const start = [table_id, 0xb0, body.length + 4, ...body];
  let crc = 0xffffffff;
  for (const byte of start) {
    for (let bit = 7; bit >= 0; bit--) crc = ((crc << 1) ^ ((crc >>> 31) ^ ((byte >> bit) & 1) ? 0x04c11db7 : 0)) >>> 0;
  }
  return bytesOf([0], start, [crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]);
}

/** 2.4.4.3: program 0 is the network's, then one program a map. */
export function programAssociation(...mapPids: readonly number[]): Uint8Array {
  return programAssociationSection({}, [0, 0x10], ...mapPids.map((pid, i) => [i + 1, pid] as const));
}

/** One section of several: programs as [program_number, PID]. */
export function programAssociationSection(
  { version_number = 0, section_number = 0, last_section_number = 0 },
  ...programs: readonly (readonly [number, number])[]
): Uint8Array {
  const entries = programs.flatMap(([program_number, pid]) => [0, program_number, 0xe0 | (pid >> 8), pid & 255]);
  return section(0, [0, 1, 0xc1 | (version_number << 1), section_number, last_section_number, ...entries]);
}

/** 2.4.4.8: of program 1; elementary streams as [stream_type, PID]. */
export function programMap(...elements: readonly (readonly [number, number])[]): Uint8Array {
  return programMapOf(1, ...elements);
}

export function programMapOf(program_number: number, ...elements: readonly (readonly [number, number])[]): Uint8Array {
  const descriptor = [5, 4, 0x48, 0x44, 0x4d, 0x56];
  const streams = elements.flatMap(([stream_type, pid]) => [stream_type, 0xe0 | (pid >> 8), pid & 255, 0xf0, 0]);
  return section(2, [0, program_number, 0xc1, 0, 0, 0xe1, 0, 0xf0, descriptor.length, ...descriptor, ...streams]);
}

/** The tables, then the packets' transport packets; counters go on from one to the next. */
export function transportStream(packets: readonly PesPacket[], stream_type = 2): Uint8Array[] {
  let counter = 0;
  const video = packets.flatMap((packet) => {
    const all = transportPackets(VIDEO_PID, pesPacket(packet, 0xe0, 0), counter);
    counter += all.length;
    return all;
  });
  const tables = [
    ...transportPackets(0, programAssociation(MAP_PID)),
    ...transportPackets(MAP_PID, programMap([4, 0x101], [stream_type, VIDEO_PID])),
  ];
  return [...tables, ...video];
}

/** The parts that a demuxer makes of a file, cut as `nextLength` says: the bytes of a push are overwritten after the call. */
export function partsOf(demuxer: Demuxer, file: Uint8Array, nextLength: () => number = () => file.length) {
  const parts: ElementaryPart[] = [];
  const keep = (more: readonly ElementaryPart[]) =>
    parts.push(...more.map((part) => ({ ...part, data: part.data.slice() })));
  for (let at = 0; at < file.length; ) {
    const chunk = file.slice(at, at + nextLength());
    at += chunk.length;
    keep(demuxer.push(chunk));
    chunk.fill(0xee);
  }
  keep(demuxer.flush());
  return parts;
}

/** `partsOf` as one stream, and what is said of its places. */
export function demuxed(demuxer: Demuxer, file: Uint8Array, nextLength?: () => number) {
  const parts = partsOf(demuxer, file, nextLength);
  let end = 0;
  const starts = parts.map(({ data }) => {
    end += data.length;
    return end - data.length;
  });
  return {
    stream: bytesOf(...parts.map(({ data }) => data)),
    /** `[place in the stream, pts]`. */
    pts: parts.flatMap(({ pts }, i) => (pts === undefined ? [] : [[starts[i] as number, pts]])),
    /** `[place in the stream, error]`. */
    lost: parts.flatMap(({ lost }, i) => (lost === undefined ? [] : [[starts[i] as number, lost] as const])),
  };
}
