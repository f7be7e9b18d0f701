/** After `flush` or `reset`, a session knows nothing of what came before but the parameter sets. */
import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { BitstreamError } from "../../src/errors.ts";
import type { ChunkInfo, Codec, DecodeEvent, Session } from "../../src/events.ts";
import { openSession, sessionCodecs } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { digest } from "../../support/events.ts";
import { Random } from "../../support/random.ts";
import { H264Stream } from "../../support/streams/h264-stream.ts";
import { Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";

const lost = new BitstreamError("lost-bytes", "packets are missing");
const nothing = new Uint8Array(0);

interface Piece {
  readonly bytes: Uint8Array;
  readonly info: ChunkInfo;
}

/** A stream in pieces, before some of which bytes are missing: none before the first requests, which need the parameter sets. */
function damagedPieces(codec: Codec, stream: Uint8Array, random: Random): Piece[] {
  const session = openSession(codec);
  const size = Math.ceil(stream.length / 8);
  const pieces: Piece[] = [];
  let hasBegun = false;
  for (let at = 0; at < stream.length; at += size) {
    const bytes = stream.subarray(at + (hasBegun ? random.below(size >> 1) : 0), at + size);
    const info: ChunkInfo = hasBegun && random.below(2) === 0 ? { lost, unitEnds: random.below(2) === 0 } : {};
    pieces.push({ bytes: info.lost ? bytes : stream.subarray(at, at + size), info });
    hasBegun ||= session.push(stream.subarray(at, at + size)).some(({ type }) => type === "request");
  }
  return pieces;
}

/** What a session makes of the pieces, until its end: what does not depend on the timestamps before. */
function keysOf(session: Session, pieces: readonly Piece[]): string[] {
  let first: number | undefined;
  const time = (timestamp: number): number => timestamp - (first ?? 0);
  const keyOf = (event: DecodeEvent): string[] => {
    if (event.type === "request") first ??= event.timestamp;
    if (event.type === "request") return [`request ${time(event.timestamp)} ${digest(event.bitstream)} ${event.hold}`];
    if (event.type === "release") return [`release ${time(event.timestamp)}`];
    if (event.type !== "output") return [];
    return [`output ${time(event.timestamp)} ${event.corrupt} ${event.fieldOrder}`];
  };
  // A bitstream is valid until the next call.
  const keys = pieces.flatMap(({ bytes, info }) => session.push(bytes, info).flatMap(keyOf));
  return [...keys, ...session.flush().flatMap(keyOf)];
}

describe.each(sessionCodecs)("a session of %s after flush or reset", (codec) => {
  const streams = fixtureStreams(codec).filter(({ read }) => read().length < 100_000);

  it("gives the same events as a new one, whatever was pushed and lost before", () => {
    const random = new Random(31);
    for (let run = 0; run < 60; run++) {
      const choose = () => streams[random.below(streams.length)]?.read() ?? nothing;
      const [before, after] = [choose(), choose()];
      const options: SessionOptions = {
        missingReferences: (["mark", "nearest", "drop"] as const)[random.below(3)],
        startAt: (["any", "random-access"] as const)[random.below(2)],
      };
      const used = openSession(codec, options);
      for (const { bytes, info } of damagedPieces(codec, before.subarray(0, random.below(before.length)), random)) {
        used.push(bytes, info);
      }
      if (run % 2 === 0) used.push(nothing, { lost });
      if (run % 3 === 0) used.reset();
      else used.flush();
      const pieces = damagedPieces(codec, after, random);
      const fresh = openSession(codec, options);
      expect([run, keysOf(used, pieces)]).toEqual([run, keysOf(fresh, pieces)]);
    }
  });
});

/** The pictures of the pieces after `flush` or `reset`, and those of a new session. */
function starts(codec: Codec, before: readonly Piece[], after: readonly Piece[]): string[][] {
  return (["flush", "reset", "new"] as const).map((how) => {
    let session = openSession(codec);
    for (const { bytes, info } of before) session.push(bytes, info);
    if (how === "new") session = openSession(codec);
    else session[how]();
    return keysOf(session, after).filter((key) => key.startsWith("output"));
  });
}

const whole = ({ bytes }: { readonly bytes: Uint8Array }): Piece => ({ bytes, info: {} });
const loss: Piece = { bytes: nothing, info: { lost } };
const lossAfterUnit: Piece = { bytes: nothing, info: { lost, unitEnds: true } };

describe("what came before flush or reset is not remembered", () => {
  it("a loss, where the slices of the next picture come in any order: H.264", () => {
    const baseline = { profile_idc: 66 };
    const before = new H264Stream().writeSps(baseline).writePps().slice({ idr: true });
    const last = { idr: true, first_mb: 8, idr_pic_id: 1 };
    const after = new H264Stream()
      .writeSps(baseline)
      .writePps()
      .slice(last)
      .slice({ ...last, first_mb: 0 });
    const [flushed, reset, fresh] = starts("h264", [whole(before), lossAfterUnit], [whole(after)]);
    expect(fresh).toEqual(["output 0 false progressive"]);
    expect([flushed, reset]).toEqual([fresh, fresh]);
  });

  it("a cut-off slice, where its picture is sent again: H.264", () => {
    const cut = new H264Stream().writeSps().writePps().slice({ idr: true, first_mb: 8 });
    const again = new H264Stream().writeSps().writePps().slice({ idr: true }).slice({ idr: true, first_mb: 8 });
    const [flushed, reset, fresh] = starts("h264", [whole(cut), loss], [whole(again)]);
    expect(fresh).toEqual(["output 0 false progressive"]);
    expect([flushed, reset]).toEqual([fresh, fresh]);
  });

  it("a group of pictures header: MPEG-2 (6.3.8)", () => {
    const before = new Mpeg2Stream().sequence().picture("I").group({ closed_gop: 1 });
    const after = new Mpeg2Stream().sequence().picture("I", { temporal_reference: 1 }).picture("B");
    const [flushed, reset, fresh] = starts("mpeg2", [whole(before)], [whole(after)]);
    expect(fresh?.[0]).toMatch(/^output 1000 true /);
    expect([flushed, reset]).toEqual([fresh, fresh]);
  });

  it("how far reference frames were from each other: MPEG-2", () => {
    const picture = (type: "I" | "P" | "B", place: number) =>
      new Mpeg2Stream().sequence().picture(type, { temporal_reference: place });
    for (const far of [1, 200]) {
      const before = [whole(picture("I", 0)), whole(picture("P", far)), whole(picture("P", 2 * far))];
      const after = [whole(picture("I", 0)), lossAfterUnit, whole(picture("P", 3)), whole(picture("B", 1))];
      const [flushed, reset, fresh] = starts("mpeg2", before, after);
      expect([far, flushed, reset]).toEqual([far, fresh, fresh]);
    }
  });
});
