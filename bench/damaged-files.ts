/**
 * What carries streams, damaged or of strange make, of any size: transport and program streams, MP4 and Matroska files, records,
 * captures.
 */

import {
  CaptureError,
  captureCalls,
  captureStats,
  detectCapture,
  lintCapture,
  readCapture,
} from "../src/capture/index.ts";
import { ContainerError } from "../src/containers/container-error.ts";
import { openDemuxer } from "../src/containers/detect.ts";
import { feed, openTrack } from "../src/containers/index.ts";
import { joined } from "../src/framing/bytes.ts";
import { openSession } from "../src/open-session.ts";
import { RecordError, readRecordStream } from "../src/record/index.ts";
import { Mpeg2Stream } from "../support/streams/mpeg2-stream.ts";
import {
  MAP_PID,
  packHeader,
  pesPacket,
  programAssociation,
  programAssociationSection,
  programMap,
  programStream,
  transportPacket,
  transportPackets,
  transportStream,
  VIDEO_PID,
} from "../support/streams/systems-streams.ts";
import { behind, damaged, type Kinds, repeated } from "./damaged-input.ts";

const CHUNK = 64 * 1024;

/** Kinds of input, and what reads them. */
export interface DamagedFiles {
  kinds(): Kinds;
  read(bytes: Uint8Array): void | Promise<void>;
}

const chunksOf = (bytes: Uint8Array) =>
  Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, i) => bytes.subarray(i * CHUNK, (i + 1) * CHUNK));

const demuxed = (layer: "transport" | "program") => (bytes: Uint8Array) => {
  const demuxer = openDemuxer(layer);
  const session = openSession("mpeg2");
  for (const chunk of chunksOf(bytes)) for (const part of demuxer.push(chunk)) session.push(part.data, part);
  for (const part of demuxer.flush()) session.push(part.data, part);
  session.flush();
};

const video = new Mpeg2Stream().sequence().picture("I").picture("P").picture("B").bytes;
const packets = [0, 1, 2, 3].map((i) => ({ data: video.subarray(i * 40, i * 40 + 40), pts: i * 3000 }));
const first = (packet: readonly Uint8Array[]) => packet[0] as Uint8Array;

function transportKinds(): Kinds {
  const tables = joined([
    ...transportPackets(0, programAssociation(MAP_PID)),
    ...transportPackets(MAP_PID, programMap([2, VIDEO_PID])),
  ]);
  const more = (...packets: readonly Uint8Array[]) => behind(tables, joined(packets));
  const version = (version_number: number) =>
    first(
      transportPackets(0, programAssociationSection({ version_number }, [1, MAP_PID], [2, MAP_PID + version_number])),
    );
  const stream = joined(transportStream(packets));
  return {
    "PATs in turn": more(...Array.from({ length: 32 }, (_, i) => version(i))),
    "PATs of forty programs": more(
      ...transportPackets(0, programAssociation(...Array.from({ length: 40 }, (_, i) => MAP_PID + i))),
    ),
    "PMTs in turn": more(
      ...transportPackets(MAP_PID, programMap([27, VIDEO_PID])),
      ...transportPackets(MAP_PID, programMap([2, VIDEO_PID])),
    ),
    "sections without end": more(transportPacket(MAP_PID, 0, Uint8Array.of(0, 2, 0xbf, 0xfd, 0), 0x40)),
    "tiny sections": more(
      transportPacket(
        0,
        0,
        Uint8Array.from({ length: 184 }, (_, i) => (i === 0 ? 0 : i % 3 ? 0 : 1)),
        0x40,
      ),
    ),
    "PES headers": more(
      transportPacket(VIDEO_PID, 0, pesPacket({ data: video.subarray(0, 1), pts: 1 }, 0xe0, 0), 0x40),
    ),
    "PES headers in pieces": more(...[0, 1, 2].map((i) => transportPacket(VIDEO_PID, i, Uint8Array.of(0, 0, 1), 0x40))),
    "adaptation fields": more(transportPacket(VIDEO_PID, 0, new Uint8Array())),
    "counters that jump": more(...[0, 5, 3, 9].map((i) => transportPacket(VIDEO_PID, i, video.subarray(0, 100)))),
    "bytes that are no packet": more(Uint8Array.of(0x46)),
    "sync bytes alone": more(Uint8Array.of(0x47)),
    "a bit in 100 bytes": (size) => repeated(damaged(repeated(stream, 2 ** 18), 100), size),
  };
}

function programKinds(): Kinds {
  const start = joined([packHeader, pesPacket({ data: video, pts: 1 })]);
  const more = (...parts: readonly Uint8Array[]) => behind(start, joined(parts));
  return {
    "pack headers": more(packHeader),
    "PES headers": more(pesPacket({ data: new Uint8Array(), pts: 1 })),
    "packets of one byte": more(pesPacket({ data: Uint8Array.of(0) })),
    "packets of other streams": more(pesPacket({ data: Uint8Array.of(0) }, 0xc0)),
    "packets cut off": more(pesPacket({ data: Uint8Array.of(0), pts: 1 }).subarray(0, 10)),
    "start codes": more(Uint8Array.of(0, 0, 1)),
    zeros: more(Uint8Array.of(0)),
    "bytes that are no packet": more(Uint8Array.of(0x55)),
    "a bit in 100 bytes": (size) => repeated(damaged(repeated(programStream(packets), 2 ** 18), 100), size),
  };
}

function box(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + content.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  return bytes;
}

function containerKinds(): Kinds {
  const ftyp = box("ftyp", new TextEncoder().encode("isom0000isom"));
  const inside = (type: string, one: Uint8Array) => (size: number) =>
    joined([ftyp, box(type, repeated(one, size - 36))]);
  // An EBML header with DocType "webm", then a Segment without size.
  const ebml = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84, 0x77, 0x65, 0x62, 0x6d);
  const segment = joined([ebml, Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)]);
  return {
    "MP4: free boxes": behind(ftyp, box("free", new Uint8Array(8))),
    "MP4: free boxes in moov": inside("moov", box("free", new Uint8Array(8))),
    "MP4: tracks of nothing": inside("moov", box("trak", new Uint8Array())),
    "MP4: fragments of nothing": behind(ftyp, box("moof", new Uint8Array())),
    "MP4: zeros": behind(ftyp, Uint8Array.of(0)),
    "Matroska: void elements": behind(segment, Uint8Array.of(0xec, 0x82, 0, 0)),
    "Matroska: clusters of nothing": behind(segment, Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x80)),
    "Matroska: zeros": behind(segment, Uint8Array.of(0)),
  };
}

async function readContainer(bytes: Uint8Array): Promise<void> {
  try {
    const track = await openTrack(bytes);
    const session = openSession(track.codec);
    for await (const part of track) feed(session, part);
    session.flush();
  } catch (thrown) {
    if (!(thrown instanceof ContainerError)) throw thrown;
  }
}

function recordKinds(): Kinds {
  const encoder = new TextEncoder();
  const head = encoder.encode('{"format":"v4l2-stateless-requests/1","codec":"vp8","producer":"a bench"}\n');
  const lines = (line: string) => (size: number) => {
    const one = encoder.encode(`${line}\n`);
    return joined([head, repeated(one, Math.floor((size - head.length) / one.length) * one.length)]);
  };
  // A request's number and timestamp are its own.
  const requests = (size: number) => {
    const one = (i: number) => `{"request":${i},"timestamp":${(i + 1) * 1000},"controls":{}}\n`;
    return joined([head, encoder.encode(Array.from({ length: size / 50 }, (_, i) => one(i)).join(""))]);
  };
  return {
    requests,
    sets: lines(`{"set":{"V4L2_CID_STATELESS_VP8_FRAME":"${"00".repeat(40)}"}}`),
    outputs: lines('{"output":1000}'),
    errors: lines('{"error":{"message":"x"}}'),
    "lines of unknown kinds": lines('{"what":1}'),
    "empty lines": lines(""),
    "one long line": (size) => joined([head, encoder.encode(`{"what":"${"x".repeat(size - head.length - 12)}"}\n`)]),
    "a line without end": (size) => joined([head, repeated(encoder.encode("["), size - head.length)]),
  };
}

async function readRecord(bytes: Uint8Array): Promise<void> {
  try {
    const { lines } = await readRecordStream(chunksOf(bytes));
    for await (const line of lines) if (line.line < 0) throw new RangeError("a line has a number");
  } catch (thrown) {
    if (!(thrown instanceof RecordError)) throw thrown;
  }
}

/** Half of it opens devices, the other half is damage of one call. */
const devicesThenHoles =
  (open: (fd: number) => string, broken: string, head = "") =>
  (size: number) => {
    let text = head;
    for (let fd = 3; text.length < size / 2; fd++) text += open(fd);
    return new TextEncoder().encode(text + broken.repeat(Math.floor((size - text.length) / broken.length)));
  };

function captureKinds(): Kinds {
  const strace = (fd: number) => `1 openat(AT_FDCWD, "/dev/video0", O_RDWR) = ${fd}\n`;
  const recorder = (fd: number) => `{"call":"open","process":1,"thread":1,"fd":${fd},"path":"/dev/video0"}\n`;
  const tracer = (fd: number) => `{\n"fd":${fd},\n"open64":{\n"path":"/dev/video0"\n}\n},\n`;
  const task = "  v4l2-1 [000] ..... 1.0: ";
  const queue = (index: number) =>
    `${task}vb2_qbuf: owner = 0, queued = 1, owned_by_drv = 0, index = ${index}, type = 10, bytesused = 1, timestamp = 1\n`;
  return {
    "strace: devices, then holes": devicesThenHoles(strace, "1 ioctl(3, VIDIOC_QBUF, {type=V4L2_BUF\n"),
    "strace: a line of spaces": (size) =>
      joined([
        new TextEncoder().encode(`${strace(3)}1 ioctl(3, VIDIOC_QBUF`),
        repeated(Uint8Array.of(32), size - 80),
        Uint8Array.of(120, 10),
      ]),
    "recorder: devices, then holes": devicesThenHoles(recorder, '{"call":"VIDIOC_QBUF","process":1\n'),
    "v4l2-tracer: devices, then holes": devicesThenHoles(tracer, '{"fd":3,"ioctl":"VIDIOC_QBUF"\n', "[\n"),
    "ftrace: buffers, then holes": devicesThenHoles(queue, "CPU:0 [LOST 12 EVENTS]\n"),
  };
}

async function readCaptures(bytes: Uint8Array): Promise<void> {
  const kind = detectCapture(new TextDecoder().decode(bytes.subarray(0, CHUNK)));
  if (kind === undefined) throw new RangeError("no capture");
  try {
    await captureStats(captureCalls(kind, chunksOf(bytes)));
    for await (const { line } of lintCapture(captureCalls(kind, chunksOf(bytes)))) if (line < 0) return;
    const { lines } = await readCapture(kind, chunksOf(bytes));
    for await (const { line } of lines) if (line < 0) return;
  } catch (thrown) {
    if (!(thrown instanceof CaptureError)) throw thrown;
  }
}

export const damagedFiles: Readonly<
  Record<"transport" | "program" | "container" | "record" | "capture", DamagedFiles>
> = {
  transport: { kinds: transportKinds, read: demuxed("transport") },
  program: { kinds: programKinds, read: demuxed("program") },
  container: { kinds: containerKinds, read: readContainer },
  record: { kinds: recordKinds, read: readRecord },
  capture: { kinds: captureKinds, read: readCaptures },
};
