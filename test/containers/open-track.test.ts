import { openAsBlob, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ContainerError, type ContainerSource, feed, openTrack, type StreamPart } from "../../src/containers/index.ts";
import { type DecodeEvent, eventsOf, openSession } from "../../src/index.ts";
import { digest } from "../../support/events.ts";
import {
  packHeader,
  pesPacket,
  programStream,
  transportPackets,
  VIDEO_PID,
} from "../../support/streams/systems-streams.ts";

const pathOf = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const read = (name: string) => new Uint8Array(readFileSync(pathOf(name)));

/** What a driver is sent: payloads and bytes, whatever brought the stream. */
const requestsOf = (events: readonly DecodeEvent[]) =>
  events.flatMap((event) =>
    event.type !== "request"
      ? []
      : [
          `${digest(event.bitstream)} ${event.controls.map(({ payload }) => (typeof payload === "number" ? payload : digest([payload])))}`,
        ],
  );

const files = [
  ["containers/h264_mbaff_tff.mp4", "h264_mbaff_tff.264", "h264", "an MP4 file"],
  ["containers/h265_temporal_layers.mkv", "h265_temporal_layers.265", "h265", "a Matroska file"],
  ["containers/vp9_altref_superframes.webm", "vp9_altref_superframes.ivf", "vp9", "a WebM file"],
  // Their sequence header is in the av1C record only.
  ["containers/av1_8bit.mp4", "av1_8bit.ivf", "av1", "an MP4 file"],
  ["containers/av1_8bit.webm", "av1_8bit.ivf", "av1", "a WebM file"],
  ["containers/h264_baseline_slices.m2t", "h264_baseline_slices.264", "h264", "an MPEG transport stream"],
  ["vp8_altref.ivf", "vp8_altref.ivf", "vp8", "an IVF file"],
  ["h264_mbaff_tff.264", "h264_mbaff_tff.264", "h264", "a byte stream"],
] as const;

describe.each(files)("%s", (file, stream, codec, format) => {
  const session = openSession(codec);
  const expected = requestsOf([...session.push(read(stream)), ...session.flush()]);

  it.each<[string, () => Promise<ContainerSource>]>([
    ["its path", async () => pathOf(file)],
    ["its bytes", async () => new DataView(read(file).buffer)],
    ["a Blob", () => openAsBlob(pathOf(file))],
  ])("has the requests of its stream, opened by %s", async (_, source) => {
    const track = await openTrack(await source());
    expect([track.codec, track.format]).toEqual([codec, format]);
    const events: DecodeEvent[] = [];
    for await (const event of eventsOf(codec, track)) events.push(event);
    expect(requestsOf(events)).toEqual(expected);
  });

  it("refuses another codec than the one that is asked for", async () => {
    if (format === "a byte stream") return;
    await expect(openTrack(pathOf(file), { codec: "mpeg2", name: "my file" })).rejects.toThrow(/^my file: /);
    await expect(openTrack(pathOf(file), { codec: "mpeg2" })).rejects.toBeInstanceOf(ContainerError);
  });
});

it("gives an MP4's configuration record, then its samples with their pts", async () => {
  const track = await openTrack(pathOf("containers/h264_mbaff_tff.mp4"));
  const parts: StreamPart[] = [];
  for await (const part of track) parts.push(part);
  expect(parts.map(({ kind }) => kind)).toEqual(["configuration", ...parts.slice(1).map(() => "packet")]);
  const times = parts.flatMap((part) => (part.kind === "packet" ? part.pts : []));
  expect(new Set(times).size).toBe(times.length);
  const session = openSession(track.codec);
  const shown = parts.flatMap((part) => feed(session, part)).concat(session.flush());
  const outputs = shown.flatMap((event) => (event.type === "output" ? event.pts : []));
  // Every picture is shown, at its own time: the file's times are not those of the display order.
  expect(new Set(outputs)).toEqual(new Set(times));
});

it("gives no session the pts of a file whose time base is 0", async () => {
  const bytes = Buffer.from(read("containers/vp8_altref.webm"));
  const TimestampScale = Buffer.of(0x2a, 0xd7, 0xb1, 0x83);
  bytes.fill(0, bytes.indexOf(TimestampScale) + 4, bytes.indexOf(TimestampScale) + 7);
  const outputs: unknown[] = [];
  for await (const event of eventsOf("vp8", await openTrack(bytes)))
    if (event.type === "output") outputs.push(event.pts);
  expect(outputs.length).toBeGreaterThan(10);
  expect(new Set(outputs)).toEqual(new Set([undefined]));
});

describe("bytes that are no packets", () => {
  const concat = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
  const text = new TextEncoder().encode("This is no packet of 188 bytes. ".repeat(40));
  const opened = async (file: Uint8Array) => {
    const track = await openTrack(file);
    const events: DecodeEvent[] = [];
    for await (const event of eventsOf(track.codec, track)) events.push(event);
    const isCorrupt = ({ type, ...event }: DecodeEvent) => type === "output" && "corrupt" in event && event.corrupt;
    return {
      requests: requestsOf(events),
      corrupt: events.filter(isCorrupt).length,
      errors: events.flatMap((event) => (event.type === "error" ? [event.message] : [])),
    };
  };

  describe("in a transport stream", async () => {
    const file = read("containers/h264_baseline_slices.m2t");
    const whole = await opened(file);
    const last = file.subarray(-188);
    const said = (reason: string, size: number) => [
      `${reason} (byte ${file.length} of the file; ${size === 1 ? "1 byte is" : `${size} bytes are`} passed over)`,
    ];

    it.each<[string, Uint8Array]>([
      ["one byte", text.subarray(0, 1)],
      ["a few zeros", new Uint8Array(100)],
      ["as many as a packet", text.subarray(0, 188)],
      ["many zeros", new Uint8Array(5000)],
      ["text", text],
    ])("after its end cost no picture, and are told: %s", async (_, junk) => {
      const { requests, corrupt, errors } = await opened(concat(file, junk));
      expect({ requests, corrupt }).toEqual({ requests: whole.requests, corrupt: 0 });
      expect(errors).toEqual(said("no packet begins where one should", junk.length));
    });

    it.each<[string, Uint8Array]>([
      ["a sync byte", last.subarray(0, 1)],
      ["half of the last packet again", last.subarray(0, 94)],
      ["half of another PES packet", Uint8Array.of(0x47, 0x40 | (VIDEO_PID >> 8), VIDEO_PID & 255, 0x1f, 0, 0, 1)],
    ])("and begin like one, after its end, cost no picture, and are told: %s", async (_, junk) => {
      const { requests, corrupt, errors } = await opened(concat(file, junk));
      expect({ requests, corrupt }).toEqual({ requests: whole.requests, corrupt: 0 });
      expect(errors).toEqual(said("the last packet is cut off", junk.length));
    });

    it("cost the last picture where its own packet or PES packet is cut off", async () => {
      const cut = await opened(file.subarray(0, -94));
      expect(cut.errors).toEqual([`the last packet is cut off (byte ${file.length - 188} of the file)`]);
      expect(cut.corrupt).toBe(1);
      const data = read("h264_baseline_slices.264");
      const tables = file.subarray(0, 3 * 188);
      const packets = transportPackets(VIDEO_PID, pesPacket({ data: data.subarray(0, 60_000) }));
      const known = await opened(concat(tables, ...packets.slice(0, -1), text));
      expect(known.errors).toEqual([expect.stringMatching(/^no packet begins where one should /)]);
      expect(known.corrupt).toBe(1);
    });

    it("cost no picture between two PES packets, and none of the tables after them", async () => {
      const starts = Array.from({ length: file.length / 188 }, (_, i) => 188 * i).filter(
        (at) => at > 376 && file[at + 1] === (0x40 | (VIDEO_PID >> 8)) && file[at + 2] === (VIDEO_PID & 255),
      );
      expect(starts.length).toBeGreaterThan(10);
      for (const at of starts.slice(1, 6)) {
        const result = await opened(concat(file.subarray(0, at), text, file.subarray(at)));
        const place = `byte ${at} of the file; ${text.length} bytes are passed over`;
        expect(result).toEqual({ ...whole, errors: [`no packet begins where one should (${place})`] });
      }
    });

    it("cost one picture at most inside of a PES packet, and are told once", async () => {
      for (let at = 188 * 5; at < file.length - 188 * 2; at += 188 * 7) {
        const { requests, errors } = await opened(concat(file.subarray(0, at), text, file.subarray(at)));
        expect([at, requests.length]).toEqual([at, whole.requests.length]);
        expect(requests.filter((request) => !whole.requests.includes(request)).length).toBeLessThanOrEqual(1);
        expect(errors).toEqual([
          expect.stringMatching(`^no packet begins where one should \\(byte ${at} of the file; `),
        ]);
      }
    });
  });

  describe("in a program stream", async () => {
    const data = read("mpeg2_ipb.m2v");
    const pieces = Array.from({ length: Math.ceil(data.length / 2000) }, (_, i) =>
      data.subarray(2000 * i, 2000 * (i + 1)),
    );
    const file = programStream(pieces.map((data) => ({ data })));
    const whole = await opened(file);

    it.each<[string, Uint8Array]>([
      ["without an end code", file.subarray(0, -4)],
      ["with one", file],
    ])("after its end cost no picture, and are told: %s", async (_, before) => {
      for (const junk of [text, text.subarray(0, 1), packHeader.subarray(0, 4)]) {
        const { requests, corrupt, errors } = await opened(concat(before, junk));
        expect({ requests, corrupt }).toEqual({ requests: whole.requests, corrupt: 0 });
        const isText = junk !== packHeader && junk[0] !== 0;
        const reason = `no pack or packet begins where one should (byte ${before.length} of the file)`;
        expect(errors).toEqual(isText ? [reason] : []);
      }
    });

    it("cost pictures where packs come after them, and are told once", async () => {
      const at = Buffer.from(file).indexOf(packHeader, 30_000);
      const { requests, corrupt, errors } = await opened(concat(file.subarray(0, at), text, file.subarray(at)));
      expect(errors).toEqual([`no pack or packet begins where one should (byte ${at} of the file)`]);
      expect(corrupt).toBeGreaterThan(0);
      expect(requests.length).toBe(whole.requests.length);
    });
  });
});

describe("what cannot be opened", () => {
  it.each<[string, ContainerSource, RegExp]>([
    ["a path that is not there", "no/such/file.mp4", /^no\/such\/file\.mp4: no such file/],
    ["an empty file", new Uint8Array(0), /^the file: .* no video was found/],
    ["a record", new TextEncoder().encode('{"format":"v4l2-stateless-requests/1"}'), /a request record/],
    ["an AVI file", new TextEncoder().encode("RIFF    AVI LIST"), /an AVI file/],
    [
      "a text",
      new TextEncoder().encode("hello\n".repeat(1000)),
      /no video was found .*; name the codec with the option `codec`$/,
    ],
  ])("is told: %s", async (_, source, message) => {
    await expect(openTrack(source)).rejects.toThrow(message);
    await expect(openTrack(source)).rejects.toBeInstanceOf(ContainerError);
  });

  it.each([
    [
      "containers/h264_baseline_slices.m2t",
      "an MPEG transport stream without h265 video; it has h264: leave out the option `codec`",
    ],
    ["vp8_altref.ivf", "an IVF file of vp8, not of h265; leave out the option `codec`"],
    ["containers/h264_mbaff_tff.mp4", "an MP4 file without h265 video; it has h264: leave out the option `codec`"],
  ])("is told what it has instead: %s", async (file, reason) => {
    const path = pathOf(file);
    await expect(openTrack(path, { codec: "h265" })).rejects.toThrow(new ContainerError(`${path}: ${reason}`));
  });

  it("is a TypeError where it is no file at all", async () => {
    await expect(openTrack(5 as never)).rejects.toBeInstanceOf(TypeError);
    await expect(openTrack(null as never)).rejects.toBeInstanceOf(TypeError);
  });
});
