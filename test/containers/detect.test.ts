import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { describe, expect, it } from "vitest";
import { detect } from "../../src/containers/detect.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { joined } from "../../src/framing/bytes.ts";
import { Random } from "../../support/random.ts";
import { fwhtFrame } from "../../support/streams/fwht-frames.ts";
import { programStream, transportStream } from "../../support/streams/systems-streams.ts";
import { fixture } from "../cli/command-line.ts";

const codecs = { "264": "h264", "265": "h265", m2v: "mpeg2", obu: "av1" } as const;
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("detect", () => {
  it.each(readdirSync(fixture("")).filter((name) => /\.(264|265|m2v|ivf|obu)$/.test(name)))("knows %s", (name) => {
    const codec = name.endsWith(".ivf") ? name.slice(0, 3) : codecs[name.split(".").at(-1) as keyof typeof codecs];
    expect(detect(readFileSync(fixture(name)))).toEqual({
      kind: "stream",
      codec,
      ivf: name.endsWith(".ivf"),
      certain: true,
    });
  });

  it("takes slices without parameter sets for what they could be", () => {
    expect(detect(bytes("\0\0\x01\x65\x88\x84\0\0\x01\x41\x9a"))).toEqual({
      kind: "stream",
      codec: "h264",
      ivf: false,
      certain: false,
    });
    expect(detect(bytes("\0\0\x01\x26\x01\xaf\0\0\x01\x02\x01\xd0"))).toMatchObject({ codec: "h265", certain: false });
  });

  it("knows MPEG-2 that begins inside a picture, though its slices in row 39 look like an SPS of H.264", () => {
    const slice = (row: string) => `\0\0\x01${row}\x43\xae\x6c\xf8\x10\xff\x80`;
    const mpeg2 = { kind: "stream", codec: "mpeg2", ivf: false, certain: true };
    expect(detect(bytes(slice("\x27")))).toMatchObject({ codec: "h264" });
    const picture = "\0\0\x01\0\0\x0f\xff\xf8\0\0\x01\xb5\x8f\xff\xf3\x41\x80\0\0\x01\x01\x22";
    expect(detect(bytes(slice("\x07") + slice("\x27") + picture))).toEqual(mpeg2);
    const data = Uint8Array.from(readFileSync(fixture("mpeg2_ipb.m2v")));
    for (let at = 500; at < data.length - 8000; at += 997) expect(detect(data.subarray(at))).toEqual(mpeg2);
  });

  it("knows program and transport streams, and the video in them once it has come", () => {
    const data = Uint8Array.from(readFileSync(fixture("mpeg2_ipb.m2v")));
    const program = programStream([{ data: data.subarray(0, 30_000) }]);
    const transport = transportStream([{ data }]);
    const systems = (layer: string, codec?: string) => ({ kind: "systems", layer, codec });
    expect(detect(program)).toEqual(systems("program", "mpeg2"));
    expect(detect(program.subarray(20))).toMatchObject({ kind: "stream", codec: "mpeg2" });
    expect(detect(Uint8Array.of(...program.subarray(20), ...program))).toEqual(systems("program", "mpeg2"));
    expect(detect(Uint8Array.from(transport.flatMap((packet) => [...packet])))).toEqual(systems("transport", "mpeg2"));
    expect(detect(bytes("\0\0\x01\xba\x44"))).toEqual(systems("program"));
    // Damaged bytes may look like the header of a pack, but nothing follows.
    const damaged = Uint8Array.of(...data.subarray(0, 9000), 0, 0, 1, 0xba, 0x77, ...data.subarray(9000));
    expect(detect(damaged)).toMatchObject({ kind: "stream", codec: "mpeg2" });
    expect(detect(bytes(`G${"\xff".repeat(187)}`.repeat(3)))).toEqual({
      ...systems("transport"),
      problem: "it has no program tables (PAT and PMT)",
    });
  });

  it("knows a transport stream of one or two packets", () => {
    const packet = `G\x1f\xff\x10${"\xff".repeat(184)}`;
    for (const file of [packet, packet.repeat(2)]) {
      expect(detect(bytes(file))).toMatchObject({ kind: "systems", layer: "transport", codec: undefined });
    }
    expect(detect(bytes("Good news, everyone"))).toBeUndefined();
  });

  it("knows a record by its brace", () => {
    expect(detect(bytes('\xef\xbb\xbf \n{"format"'))).toEqual({ kind: "record" });
    expect(detect(bytes('\t{\r\n\t"format"'))).toEqual({ kind: "record" });
  });

  it.each([
    ["h264_baseline_slices.264", "h264"],
    ["h265_default_ra.265", "h265"],
    ["mpeg2_ipb.m2v", "mpeg2"],
  ])("knows a byte stream after whatever bytes of a unit that has begun before: %s", (name, codec) => {
    const stream = readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
    const rests = ["", "\x0a", "\x20", '"', "{", "\x12\0", "\x32"].map(bytes);
    for (let first = 0; first < 256; first++) {
      for (const rest of rests) {
        const begun = Buffer.concat([Uint8Array.of(first), rest, stream]);
        expect(detect(begun), `${first} ${[...rest]}`).toMatchObject({ kind: "stream", codec });
      }
    }
  });

  it.each(readdirSync(fixture("")).filter((name) => /\.(264|265|m2v)$/.test(name)))(
    "takes no byte stream for another, wherever it begins: %s",
    (name) => {
      const codec = codecs[extname(name).slice(1) as keyof typeof codecs];
      const stream = readFileSync(fixture(name));
      const random = new Random(name.length);
      for (let i = 0; i < 200; i++) {
        const at = random.below(stream.length / 2);
        const found = detect(stream.subarray(at, at + (1 << 17)));
        if (found !== undefined) expect(found, `from byte ${at}`).toMatchObject({ kind: "stream", codec });
      }
    },
  );

  it("knows MPEG-2 by its slices, some of which read as parameter sets of H.264", () => {
    const units = unitsOfPacket(readFileSync(fixture("mpeg2_ipb.m2v")), 0, true);
    const isSps = (slice: Uint8Array) => {
      const found = detect(Uint8Array.of(0, 0, 1, 7, ...slice));
      return found?.kind === "stream" && found.certain;
    };
    const slices = units
      .filter(({ bytes: [type = 0] }) => type > 0 && type < 0xb0)
      .map(({ bytes }) => bytes.subarray(1));
    const slice = slices.find(isSps) as Uint8Array;
    const rows = (...numbers: number[]) =>
      detect(joined(numbers.flatMap((row) => [Uint8Array.of(0, 0, 1, row), slice])));
    expect(rows(7, 0x68, 0x65)).toMatchObject({ codec: "h264", certain: true });
    expect(rows(7, 8, 9, 10, 11)).toMatchObject({ codec: "mpeg2", certain: true });
    expect(rows(6, 7, 7, 8, 8, 9, 9, 10)).toMatchObject({ codec: "mpeg2", certain: true });
    // Data partitions of H.264 and an IDR picture count to four.
    expect(rows(0x62, 0x63, 0x64, 0x65)).toMatchObject({ codec: "h264", certain: false });
  });

  it("knows Annex B of AV1 whose first temporal unit is as long as a brace says", () => {
    const stream = readFileSync(new URL("../fixtures/av1_annexb.obu", import.meta.url));
    // A temporal delimiter, and padding up to that length.
    const unit = Uint8Array.of(0x7b, 0x7a, 1, 0x10, 0x77, 0x78, ...new Uint8Array(118));
    expect(detect(Buffer.concat([unit, stream]))).toMatchObject({ kind: "stream", codec: "av1" });
  });

  it.each([
    ["\0\0\0\x18ftypisom", "an MP4 file"],
    ["\0\0\0\x18stypmsdh", "an MP4 file"],
    ["\0\0\0\x14ftypqt  ", "a QuickTime file"],
    ["\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "a WebM file"],
    ["\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", "a Matroska file"],
  ])("knows the container %j", (head, name) => {
    expect(detect(bytes(head))).toEqual({ kind: "container", name });
  });

  it.each([
    ["RIFF\0\0\0\0AVI ", "an AVI file"],
    ["RIFF\0\0\0\0WAVE", "a RIFF file"],
    ["\xb7\xd8\0\x20\x37\x49\xda\x11\xa6\x4e\0\x07\xe9\x5e\xad\x8d", "a WTV file"],
    ["\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c", "an ASF file"],
    ["\0\0\0\x18ftypheic", "an image file (HEIF)"],
    ["\0\0\0\x18ftypavif", "an image file (HEIF)"],
    ["FLV\x01\x05", "an FLV file"],
    ["OggS\0", "an Ogg file"],
    ["\x06\x0e\x2b\x34\x02\x05", "an MXF file"],
    ["AV\x01\0\x55\0", "a PVA file"],
    ["nut/multimedia container\0NM", "a NUT file"],
    [".RMF\0\0\0\x12\0\0", "a RealMedia file"],
    ["\0\0\0\0\x01\xbc\0\0\x01\x18\0\0\0\0\xe1\xe2", "a GXF file"],
    ["LEITCH\0\0\x01\0", "an LXF file"],
    ["NSVf\0\0", "an NSV file"],
    ["NSVs\x41\x56", "an NSV file"],
    ["\xf5\x46\x7a\xbd\0\0", "a TiVo file"],
    ["DHAV\xfd\0", "a DAV file"],
    ["DAHUA\0", "a DAV file"],
    ["$H\x0c\0\0\0\0\0\0\0\x0c\0\x30\x26\xb2\x75", "an ASF stream"],
  ])("names %j, and what repacks its video", (head, name) => {
    const advice =
      "which is not read here: ffmpeg -fflags +genpts -i FILE -map 0:v:0 -c copy OUT.mkv repacks its video";
    expect(detect(bytes(head))).toEqual({ kind: "other", name: `${name}, ${advice}` });
  });

  it("knows FWHT by its magic numbers", () => {
    const fwht = { kind: "stream", codec: "fwht", ivf: false, certain: true };
    expect(detect(fwhtFrame())).toEqual(fwht);
    expect(detect(fwhtFrame().subarray(0, 8))).toEqual(fwht);
    expect(detect(fwhtFrame().subarray(0, 7))).toBeUndefined();
  });

  it("names the codec of an IVF file that is not decoded", () => {
    expect(detect(bytes("DKIF\0\0\x20\0FWHT"))).toEqual({
      kind: "other",
      name: 'an IVF file of "FWHT"; of these, only VP80, VP90, AV01 (VP8, VP9, AV1) are read',
    });
  });

  it.each([
    [`\0\0\0\x18mdat${"x".repeat(16)}\0\0\0\x08moov`, true],
    ["\0\0\x10\x18mdatxxxxxxxx", true],
    ["\0\0\0\x08wide\0\0\x10\0mdat", true],
    ["\0\0\0\x01mdat\0\0\0\0\0\0\x10\0", true],
    ["\0\0\0\x08wide\0\0\x10\0nope", false],
    ["\0\0\0\x04mdatxxxxxxxx", false],
  ])("knows a QuickTime file without ftyp by its atoms: %j", (head, isIt) => {
    const expected = isIt ? { kind: "container", name: "a QuickTime file without ftyp" } : undefined;
    expect(detect(bytes(head))).toEqual(expected);
  });

  it.each(["", "hello", "\0\0\x01", "\0".repeat(5000), "\0\0\x01\x67"])("says nothing of %j", (head) => {
    expect(detect(bytes(head))).toBeUndefined();
  });
});
