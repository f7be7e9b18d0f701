import { openAsBlob, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ContainerError, type ContainerSource, feed, openTrack, type StreamPart } from "../../src/containers/index.ts";
import { type DecodeEvent, eventsOf, openSession } from "../../src/index.ts";
import { digest } from "../../support/events.ts";

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
    ["containers/h264_baseline_slices.m2t", "an MPEG transport stream without h265 video; it has h264"],
    ["vp8_altref.ivf", "an IVF file of vp8, not of h265; leave out the option `codec`"],
    ["containers/h264_mbaff_tff.mp4", "an MP4 file without h265 video; it has h264"],
  ])("is told what it has instead: %s", async (file, reason) => {
    const path = pathOf(file);
    await expect(openTrack(path, { codec: "h265" })).rejects.toThrow(new ContainerError(`${path}: ${reason}`));
  });

  it("is a TypeError where it is no file at all", async () => {
    await expect(openTrack(5 as never)).rejects.toBeInstanceOf(TypeError);
    await expect(openTrack(null as never)).rejects.toBeInstanceOf(TypeError);
  });
});
