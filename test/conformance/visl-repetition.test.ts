import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firstPicture, repeated, shownFrames } from "../../conformance/visl/repetition.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import type { Codec } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";

const folder = new URL("../fixtures/", import.meta.url);

describe.each<[Codec, string]>([
  ["h264", "h264_high_bpyramid.264"],
  ["h265", "h265_default_ra.265"],
  ["mpeg2", "mpeg2_ipb.m2v"],
  ["vp8", "vp8_altref.ivf"],
  ["vp9", "vp9_altref_superframes.ivf"],
])("%s", (codec, name) => {
  const stream = readFileSync(new URL(name, folder));
  const eventsOf = (bytes: Uint8Array) => {
    const session = openSession(codec);
    return [...session.push(bytes), ...session.flush()];
  };

  it("shows its frames as often as it is repeated", () => {
    const three = repeated(codec, stream, 3);
    expect(shownFrames(codec, three)).toBe(3 * shownFrames(codec, stream));
    expect(eventsOf(three).filter(({ type }) => type === "error")).toEqual([]);
  });

  it("begins with a picture that stands alone", () => {
    const events = eventsOf(firstPicture(codec, stream));
    expect(events.filter(({ type }) => type === "output")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "error")).toEqual([]);
  });
});

it("numbers the frames of a repeated IVF file", () => {
  const { frames } = ivfFrames(repeated("vp8", readFileSync(new URL("vp8_altref.ivf", folder)), 2));
  expect(frames.map(({ pts }) => pts)).toEqual(frames.map((_, i) => i));
});
