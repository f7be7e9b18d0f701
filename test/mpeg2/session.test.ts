import { describe, expect, it } from "vitest";
import { BitstreamError } from "../../src/errors.ts";
import type { DecodeEvent } from "../../src/events.ts";
import { openMpeg2Session } from "../../src/mpeg2/index.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { decoded, eventsOf, Mpeg2Stream, summary } from "../../support/streams/mpeg2-stream.ts";

const start = (fields = {}) => new Mpeg2Stream().sequence(fields).group();

describe("a sequence that the kernel's interface cannot express", () => {
  const errorsOf = (stream: Mpeg2Stream) => eventsOf(stream).flatMap((e) => (e.type === "error" ? [e.code] : []));
  const mpeg1 = (stream: Mpeg2Stream) =>
    stream.header().group().pictureHeader("I").slices(2).pictureHeader("P").slices(2);
  const scalable = (stream: Mpeg2Stream) =>
    stream
      .sequence()
      .unit(0xb5, (w) => w.u(4, 5).u(2, 2).u(4, 1))
      .picture("I");

  it("is told once, however many pictures and repeated headers it has", () => {
    expect(errorsOf(mpeg1(mpeg1(new Mpeg2Stream())))).toEqual(["mpeg1-stream"]);
    expect(errorsOf(scalable(scalable(new Mpeg2Stream()).picture("P")))).toEqual(["layered-stream"]);
  });

  it("is told again in another stream", () => {
    const session = openMpeg2Session();
    const errors = (events: readonly DecodeEvent[]) => only(events, "error").map(({ code }) => code);
    const { bytes } = mpeg1(new Mpeg2Stream());
    for (let i = 0; i < 2; i++) {
      expect(errors([...session.push(bytes), ...session.flush()])).toEqual(["mpeg1-stream"]);
      session.reset();
    }
  });

  it("is told again where it comes after another one", () => {
    const stream = mpeg1(new Mpeg2Stream()).sequence().group().picture("I");
    expect(decoded(stream)).toEqual(["! unsupported", "1000"]);
    expect(errorsOf(scalable(mpeg1(stream)))).toEqual(["mpeg1-stream", "mpeg1-stream", "layered-stream"]);
  });
});

describe("references of frames (6.1.1.11, 7.6)", () => {
  it("are none of I pictures, the last reference frame of P, and the two last of B", () => {
    const stream = start().picture("I").picture("P").picture("B").picture("B").picture("I").picture("P").picture("B");
    expect(decoded(stream)).toEqual([
      "1000",
      "2000 <1000",
      "3000 <1000 >2000",
      "4000 <1000 >2000",
      "5000",
      "6000 <5000",
      "7000 <5000 >6000",
    ]);
  });

  it("are shown in display order, and free when two reference frames have followed", () => {
    expect(summary(eventsOf(start().picture("I").picture("P").picture("B").picture("P").end()))).toEqual([
      "sequence 96x80",
      "1000",
      "show 1000",
      "2000 <1000",
      "3000 <1000 >2000",
      "show 3000",
      "free 3000",
      "show 2000",
      "free 1000",
      "4000 <2000",
      "show 4000",
      "free 2000",
      "free 4000",
    ]);
  });

  it("are shown as soon as they are decoded with low_delay (6.3.5)", () => {
    const events = summary(eventsOf(start({ low_delay: 1 }).picture("I").picture("P")));
    expect(events.slice(1, 5)).toEqual(["1000", "show 1000", "2000 <1000", "show 2000"]);
  });
});

describe("references of fields (7.6.2.1)", () => {
  const field = (structure: number) => ({ structure });
  it("are of a P second field those of the frame before, never the own timestamp; none in the first frame", () => {
    const stream = start().picture("I", field(1)).picture("P", field(2)).picture("P", field(1)).picture("P", field(2));
    expect(decoded(stream)).toEqual(["1000 held", "1000", "2000 <1000 held", "2000 <1000"]);
  });

  it("are of both B fields the frames around them", () => {
    const stream = start().picture("I").picture("P").picture("B", field(2)).picture("B", field(1));
    expect(decoded(stream).slice(2)).toEqual(["3000 <1000 >2000 held", "3000 <1000 >2000"]);
  });

  it("make a frame of two fields of opposite parity, both references or both not; another field stays alone", () => {
    const alone = start().picture("I", field(1)).picture("P", field(1)).picture("P", field(2));
    expect(decoded(alone)).toEqual(["1000 held", "2000 <1000 held", "2000 <1000"]);
    expect(only(eventsOf(alone), "output").map(({ fieldOrder }) => fieldOrder)).toEqual(["top-only", "top-first"]);
    const mixed = start().picture("I").picture("P", field(1)).picture("B", field(2)).picture("B", field(1));
    expect(decoded(mixed).slice(1)).toEqual(["2000 <1000 held", "3000 <1000 >2000 held", "3000 <1000 >2000"]);
  });

  it("make no frame of fields whose temporal_reference is not the same (6.3.9): one between them is lost", () => {
    const of = (temporal_reference: number, structure: number) => ({ temporal_reference, structure });
    const whole = start().picture("I", of(0, 1)).picture("P", of(0, 2));
    const lost = whole.picture("P", of(1, 2)).picture("P", of(2, 1)).picture("P", of(2, 2));
    expect(decoded(lost).slice(2)).toEqual(["2000 <1000 held", "3000 <2000 held", "3000 <2000"]);
  });
});

describe("the beginning, and B pictures behind a group's first I picture (6.3.8)", () => {
  const ib = (group: object) => new Mpeg2Stream().sequence().group(group).picture("I").picture("B").picture("P");

  it("is the first I picture behind a sequence header; what comes before is an error each", () => {
    const stream = new Mpeg2Stream().picture("I").sequence().picture("P").picture("B").picture("I").picture("P");
    expect(decoded(stream)).toEqual([
      ...["! before-random-access", "! before-random-access", "! before-random-access"],
      ...["1000", "2000 <1000"],
    ]);
  });

  it("misses the forward reference of an open group, and of a closed one nothing", () => {
    expect(decoded(ib({}))).toEqual(["1000", "! missing-reference", "2000 >1000", "3000 <1000"]);
    expect(decoded(ib({}), { missingReferences: "nearest" })[2]).toBe("2000 <1000 >1000");
    expect(decoded(ib({}), { missingReferences: "drop" })).toEqual(["1000", "! missing-reference", "3000 <1000"]);
    expect(decoded(ib({ closed_gop: 1 }))).toEqual(["1000", "2000 >1000", "3000 <1000"]);
  });

  it("is corrupt in the B pictures behind a broken link, up to the next reference frame", () => {
    const stream = start().picture("I").picture("P").group({ broken_link: 1 }).picture("I").picture("B").picture("P");
    const shown = summary(only(eventsOf(stream.picture("B")), "output"));
    expect(shown).toEqual(["show 1000", "show 2000", "show 4000 corrupt", "show 3000", "show 6000", "show 5000"]);
  });

  it("needs no group: B pictures between two reference frames are whole", () => {
    const stream = new Mpeg2Stream().sequence().picture("I").picture("P").picture("B");
    expect(only(eventsOf(stream), "output").some(({ corrupt }) => corrupt)).toBe(false);
  });

  it("comes again after reset, with timestamps that go on, and without a new sequence header", () => {
    const session = openMpeg2Session();
    const bytes = start().picture("I").picture("P").bytes;
    const rest = new Mpeg2Stream().picture("P").picture("I").picture("P").bytes;
    session.push(bytes);
    const events = [...session.reset(), ...session.push(rest), ...session.flush()];
    expect(summary(events.filter(({ type }) => type !== "output" && type !== "release"))).toEqual([
      ...["! before-random-access", "2000", "3000 <2000"],
    ]);
  });
});

describe("sequences", () => {
  it("change their size at a sequence header; pictures of the old one go out first, and are no references any more", () => {
    const stream = start().picture("I").picture("P").sequence({ width: 128 }).picture("I").picture("P");
    expect(summary(eventsOf(stream)).slice(4, 10)).toEqual([
      ...["show 2000", "free 1000", "free 2000", "sequence 128x80", "3000", "show 3000"],
    ]);
  });

  it("are told once: a repeated header is none, and what only looks different keeps the buffers", () => {
    const repeated = start().picture("I").sequence().picture("P").sequence({ height: 79 }).picture("P");
    const events = summary(only(eventsOf(repeated), "sequence"));
    expect(events).toEqual(["sequence 96x80", "sequence 96x79, same buffers"]);
  });

  it("have an even number of macroblock rows in each field (6.3.3), and sizes of 14 bits", () => {
    const of = (fields: object) => only(eventsOf(start(fields).picture("I")), "sequence")[0];
    expect(of({})).toMatchObject({ codedWidth: 96, codedHeight: 96, captureBuffers: 4, chromaFormat: 1 });
    expect(of({ progressive: 1, chroma_format: 2 })).toMatchObject({ codedHeight: 80, chromaFormat: 2 });
    expect(of({ width: 4097 + 4096, height: 4100 })?.visible).toMatchObject({ width: 8193, height: 4100 });
  });

  it("end with sequence_end_code: all goes out, and a P picture behind it misses its reference", () => {
    const events = summary(eventsOf(start().picture("I").end().sequence().picture("P")));
    expect(events).toEqual([
      ...["sequence 96x80", "1000", "show 1000", "free 1000"],
      ...["! missing-reference", "2000", "show 2000 corrupt", "free 2000"],
    ]);
  });
});

describe("a sequence_end_code between the two fields of a frame, which 6.1.1.4.1 does not have", () => {
  const first = () => start().picture("I").picture("P", { structure: 2 }).end();

  it("ends the sequence behind the second", () => {
    const events = summary(eventsOf(first().picture("P", { structure: 1 }).end().picture("I")));
    expect(events).toEqual([
      ...["sequence 96x80", "1000", "show 1000", "2000 <1000 held", "2000 <1000", "show 2000"],
      ...["free 1000", "free 2000", "3000", "show 3000", "free 3000"],
    ]);
  });

  it("ends it at the next picture of another frame, or the next sequence", () => {
    // A frame of one field is incomplete.
    const ended = ["show 2000 corrupt", "free 1000", "free 2000"];
    const frame = summary(eventsOf(first().picture("I")));
    const field = summary(eventsOf(first().sequence().picture("I", { structure: 1 })));
    expect(frame.slice(4)).toEqual([...ended, "3000", "show 3000", "free 3000"]);
    expect(field.slice(4)).toEqual([...ended, "3000 held", "show 3000 corrupt", "free 3000"]);
  });
});

describe("output (6.3.10)", () => {
  const shown = (sequence: object, picture: object) => {
    const [event] = only(eventsOf(start(sequence).picture("I", picture)), "output");
    return `${event?.fieldOrder} ${event?.repeat}`;
  };

  it.each([
    ["bottom-first 0", {}, {}],
    ["top-first 0", {}, { top_field_first: 1 }],
    ["progressive 0", {}, { top_field_first: 1, progressive_frame: 1 }],
    ["top-first 1", {}, { top_field_first: 1, repeat_first_field: 1, progressive_frame: 1 }],
    ["progressive 0", { progressive: 1 }, { progressive_frame: 1 }],
    ["progressive 2", { progressive: 1 }, { repeat_first_field: 1, progressive_frame: 1 }],
    ["progressive 4", { progressive: 1 }, { repeat_first_field: 1, top_field_first: 1, progressive_frame: 1 }],
  ])("is %s with %o and %o", (expected, sequence, picture) => expect(shown(sequence, picture)).toBe(expected));

  it("has the pts of the packet with the picture", () => {
    const session = openMpeg2Session();
    const i = start().picture("I").bytes;
    const events = [...session.decode(i, { pts: 7 }), ...session.flush()];
    expect(only(events, "output")[0]?.pts).toBe(7);
  });
});

describe("a pushed stream", () => {
  const bytesOf = (add: (stream: Mpeg2Stream) => Mpeg2Stream) => add(new Mpeg2Stream()).bytes;
  const i = bytesOf((stream) => stream.sequence().picture("I"));
  const p = bytesOf((stream) => stream.picture("P"));
  const shown = (...calls: readonly [Uint8Array, number?][]) => {
    const session = openMpeg2Session();
    const events = calls.flatMap(([chunk, pts]) => session.push(chunk, { pts }));
    return only([...events, ...session.flush()], "output").map(({ pts }) => pts);
  };

  it("gives a pts to the first picture that begins behind its place (H.222.0 2.4.3.7)", () => {
    expect(shown([i, 1], [p, 2], [p, 3])).toEqual([1, 2, 3]);
    expect(shown([i], [p, 2], [p])).toEqual([undefined, 2, undefined]);
    expect(shown([Uint8Array.of(...i, ...p), 1], [p, 3])).toEqual([1, undefined, 3]);
    // The picture begins with its start code's first byte.
    for (const cut of [1, 2, 3])
      expect(shown([i, 1], [p.subarray(0, cut)], [p.subarray(cut), 2], [p])).toEqual([1, undefined, 2]);
    expect(shown([i, 1], [p.subarray(0, 0), 2], [p.subarray(0, 9)], [p.subarray(9)])).toEqual([1, 2]);
  });

  it("forgets what it was given before a packet, and with reset", () => {
    const session = openMpeg2Session();
    session.push(i, { pts: 1 });
    session.reset();
    const events = [...session.push(i), ...session.decode(p, { pts: 3 }), ...session.push(p), ...session.flush()];
    expect(only(events, "output").map(({ pts }) => pts)).toEqual([undefined, 3, undefined]);
  });

  it("is cut off where bytes are missing: an error, and the picture is corrupt", () => {
    const lost = new BitstreamError("lost-bytes", "packets are missing");
    const session = openMpeg2Session();
    const slice = new Mpeg2Stream().picture("P", { slices: 2 }).bytes;
    const events = [
      ...session.push(i),
      ...session.push(slice.subarray(0, -2)),
      ...session.push(Uint8Array.of(1, 2, 3), { lost }),
      ...session.push(p),
      ...session.flush(),
    ];
    expect(only(events, "error")).toMatchObject([
      { error: lost, kind: "bitstream", unit: "slice (start code 02)", byte: i.length + slice.length - 3 },
    ]);
    expect(summary(only(events, "output"))).toEqual(["show 1000", "show 2000 corrupt", "show 3000 corrupt"]);
    expect(bitstreamBytes(only(events, "request")[1]!)).toEqual(slice.slice(-12, -6));
  });

  it("has no pts of a picture that is lost, or of a stream that is over", () => {
    const session = openMpeg2Session();
    const lost = new BitstreamError("lost-bytes", "packets are missing");
    const ptsOf = (events: readonly DecodeEvent[]) => only(events, "output").map(({ pts }) => pts);
    const first = [...session.push(i, { pts: 1 }), ...session.push(p), ...session.push(new Uint8Array(), { pts: 2 })];
    expect(ptsOf([...first, ...session.push(p, { lost }), ...session.flush()])).toEqual([1, undefined]);
    session.push(i, { pts: 3 });
    session.push(new Uint8Array(), { pts: 4 });
    expect(ptsOf([...session.flush(), ...session.push(i), ...session.flush()])).toEqual([3, undefined]);
  });

  it("does not take slices behind a header that is cut off for the picture before", () => {
    const session = openMpeg2Session();
    const events = [
      ...session.push(i),
      ...session.push(p.subarray(0, 5)),
      ...session.push(new Mpeg2Stream().slices(3).bytes, { lost: new BitstreamError("lost-bytes", "missing") }),
      ...session.flush(),
    ];
    expect(summary(events)).toEqual(["sequence 96x80", "! bitstream", "1000", "! bitstream", "show 1000", "free 1000"]);
  });

  it("refuses wrong arguments before anything changes", () => {
    const session = openMpeg2Session();
    expect(() => session.push(i, { lost: new Error("no") as BitstreamError })).toThrow(TypeError);
    expect(() => session.push(i, { pts: "1" as unknown as number })).toThrow(TypeError);
    expect(session.flush()).toEqual([]);
  });
});

describe("packets", () => {
  it("may hold one field each, and the sequence header may come from configure", () => {
    const session = openMpeg2Session();
    const field = (type: "I" | "P", structure: number) => new Mpeg2Stream().picture(type, { structure }).bytes;
    const events = [
      ...session.configure(new Mpeg2Stream().sequence().bytes),
      ...session.decode(field("I", 1), { pts: 5 }),
      ...session.decode(field("P", 2), { pts: 6 }),
      ...session.decode(new Uint8Array(4)),
      ...session.flush(),
    ];
    expect(summary(events)).toEqual([
      ...["sequence 96x80", "1000 held", "1000", "! bitstream", "show 1000", "free 1000"],
    ]);
    expect(only(events, "output")[0]).toMatchObject({ pts: 5, fieldOrder: "top-first" });
  });
});

describe("the OUTPUT buffer", () => {
  it("holds the slices with their start codes and the zero bytes behind them (6.2.4, 5.2.3), and nothing else", () => {
    const stream = start()
      .unit(0xb2, (w) => w.u(32, 1))
      .pictureHeader("I")
      .coding({});
    const headers = stream.bytes;
    const slices = Uint8Array.of(0, 0, 1, 1, 0x20, 0, 0, 0, 0, 1, 2, 0x30, 0, 0);
    const bytes = Uint8Array.of(...headers, ...slices, 0, 0, 1, 0xb7);
    expect([...bitstreamBytes(only(eventsOf({ bytes }), "request")[0]!)]).toEqual([...slices]);
  });
});

describe("matrices that could not be read (6.3.11)", () => {
  const matrix = new Array<number>(64).fill(9);
  const broken = [0, ...matrix.slice(1)]; // 0 is forbidden
  const corrupt = (stream: Mpeg2Stream) => only(eventsOf(stream), "output").map((event) => event.corrupt);
  const withMatrices = (stream: Mpeg2Stream, ...all: Parameters<Mpeg2Stream["matrices"]>) =>
    stream
      .pictureHeader("P")
      .coding({})
      .matrices(...all)
      .slices(1);

  it("make their picture corrupt, and all others until the next sequence header sets them", () => {
    const stream = withMatrices(start().picture("I"), broken).picture("I").sequence().picture("I");
    expect(corrupt(stream)).toEqual([false, true, true, false]);
    expect(decoded(withMatrices(start().picture("I"), broken))).toEqual(["1000", "! bitstream", "2000 <1000"]);
  });

  it("are known again when both of luminance are loaded: those of chrominance follow", () => {
    const lost = () => withMatrices(start().picture("I"), undefined, broken);
    expect(corrupt(withMatrices(lost(), matrix).picture("I"))).toEqual([false, true, true, true]);
    expect(corrupt(withMatrices(lost(), matrix, matrix).picture("I"))).toEqual([false, true, true, false]);
  });

  it("may have been in a sequence header: what follows is decoded as before, and corrupt", () => {
    const stream = start().picture("I").sequence({ intra: broken }).picture("I").sequence().picture("I");
    expect(corrupt(stream)).toEqual([false, true, false]);
  });
});

describe("a picture that is lost", () => {
  const corrupt = (stream: Mpeg2Stream) =>
    only(eventsOf(stream), "output")
      .filter((event) => event.corrupt)
      .map(({ timestamp }) => timestamp);
  /** After the lost one: those that refer to it, up to B 7000, and those that do not. B pictures are shown first. */
  const following = (stream: Mpeg2Stream) => {
    return stream.picture("B").picture("P").picture("B").picture("I").picture("B").picture("P").picture("B");
  };
  const ip = () => start().picture("I").picture("P");
  const cutHeader = (stream: Mpeg2Stream, type: number) => stream.unit(0, (w) => w.u(10, 0).u(3, type)).slices(1);

  it.each([
    ["its header", (stream: Mpeg2Stream) => cutHeader(stream, 2)],
    ["its type", (stream: Mpeg2Stream) => cutHeader(stream, 7)],
    ["its coding extension", (stream: Mpeg2Stream) => stream.pictureHeader("P").slices(1)],
    ["its slices", (stream: Mpeg2Stream) => stream.picture("P", { slices: 0 })],
  ])("makes those corrupt that refer to it: without %s", (_, lose) => {
    expect(corrupt(following(lose(ip())))).toEqual([3000, 5000, 4000, 7000]);
  });

  it("makes nothing corrupt where it is a B picture, or an I picture comes", () => {
    expect(corrupt(following(cutHeader(ip(), 3)))).toEqual([]);
    expect(corrupt(cutHeader(ip(), 2).picture("I").picture("P").picture("B"))).toEqual([]);
  });

  it("may be a second field: its frame is that of one field, and those that refer to it are corrupt", () => {
    const field = { structure: 1 };
    expect(corrupt(following(cutHeader(start().picture("I").picture("P", field), 2)))).toEqual([
      3000, 2000, 5000, 4000, 7000,
    ]);
  });
});

describe("a reference frame without a header", () => {
  const corrupt = (stream: Mpeg2Stream) =>
    only(eventsOf(stream), "output")
      .filter((event) => event.corrupt)
      .map(({ timestamp }) => timestamp);
  const of = (temporal_reference: number) => ({ temporal_reference });
  const ipbb = () => start().picture("I").picture("P", of(3)).picture("B", of(1)).picture("B", of(2));
  const after = (stream: Mpeg2Stream) => stream.picture("B", of(7)).picture("I", of(12)).picture("P", of(15));

  it.each([
    ["is told of by slices after a B picture's header", (s: Mpeg2Stream) => s.pictureHeader("B", of(4)).slices(2)],
    ["is told of by slices after a group of pictures header", (s: Mpeg2Stream) => s.group().slices(2)],
  ])("%s, and its loss by temporal_reference", (_, lose) => {
    expect(corrupt(after(lose(ipbb())))).toEqual([5000]);
  });

  it("is not looked for where temporal_reference goes on", () => {
    const lost = start().picture("I").picture("P", of(3)).picture("B", of(1)).pictureHeader("B", of(2)).slices(2);
    expect(corrupt(lost.picture("P", of(6)).picture("B", of(4)))).toEqual([]);
  });
});

describe("bytes that are missing between pictures", () => {
  const missing = new BitstreamError("lost-bytes", "packets are missing");
  /** Pictures in coding order, each with its temporal_reference and the timestamp that it has when nothing is missing. */
  const first = ["I2", "B0", "B1", "P5", "B3", "B4", "P8", "B6", "B7"];
  const order = [...first, ...first, "P11", "B9", "B10"];
  const pictures = order.map((name, n) => {
    const stream = n === 0 ? start().group({ closed_gop: 1 }) : new Mpeg2Stream();
    if (n === first.length) stream.group();
    return stream.picture(name[0] as "I", { temporal_reference: Number(name.slice(1)) }).bytes;
  });
  /** The pictures that are corrupt where these are missing, by their places in coding order. */
  const corruptWithout = (...lost: readonly number[]) => {
    const session = openMpeg2Session();
    const left = [...pictures.keys()].filter((n) => !lost.includes(n));
    const events = left.flatMap((n) =>
      session.push(pictures[n]!, lost.includes(n - 1) ? { lost: missing, unitEnds: true } : {}),
    );
    const corrupt = only([...events, ...session.flush()], "output").filter((event) => event.corrupt);
    const places = corrupt.map(({ timestamp }) => left[timestamp / 1000 - 1] as number).sort((a, b) => a - b);
    return places.map((n) => `${n} ${order[n]}`);
  };

  it("make nothing corrupt where they were B pictures", () => {
    expect(corruptWithout()).toEqual([]);
    expect(corruptWithout(4)).toEqual([]);
    expect(corruptWithout(4, 5)).toEqual([]);
    expect(corruptWithout(7, 8)).toEqual([]);
    expect(corruptWithout(10, 11)).toEqual([]);
    expect(corruptWithout(13, 17)).toEqual([]);
  });

  it("make those corrupt that refer to a reference frame that was among them", () => {
    // From the next picture on, up to the next I picture.
    expect(corruptWithout(12)).toEqual(["13 B3", "14 B4", "15 P8", "16 B6", "17 B7", "18 P11", "19 B9", "20 B10"]);
    expect(corruptWithout(12, 13, 14)).toEqual(["15 P8", "16 B6", "17 B7", "18 P11", "19 B9", "20 B10"]);
    expect(corruptWithout(15, 16)).toEqual(["17 B7", "18 P11", "19 B9", "20 B10"]);
    // The B pictures after it refer to the lost one, and to the I picture.
    expect(corruptWithout(6)).toEqual(["7 B6", "8 B7", "10 B0", "11 B1"]);
  });

  it("make a frame of one field of a frame, and those corrupt that refer to it", () => {
    const field = (structure: number, temporal_reference: number) => ({ structure, temporal_reference });
    const [i, top, bottom, p] = [
      start().group().picture("I"),
      new Mpeg2Stream().picture("P", field(1, 1)),
      new Mpeg2Stream().picture("P", field(2, 1)),
      new Mpeg2Stream().picture("P", { temporal_reference: 2 }),
    ].map(({ bytes }) => bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const session = openMpeg2Session();
    const lost = { lost: missing, unitEnds: true };
    const events = [...session.push(i), ...session.push(top), ...session.push(bottom, lost), ...session.push(p)];
    expect(summary(only([...events, ...session.flush()], "output"))).toEqual(["show 1000", "show 2000", "show 3000"]);
    const again = [...session.push(i), ...session.push(top), ...session.push(p, lost), ...session.flush()];
    expect(summary(only(again, "output")).map((text) => text.endsWith("corrupt"))).toEqual([false, true, true]);
  });

  it("make the picture corrupt whose slices, or another picture's, come after them", () => {
    const [i, p] = [start().picture("I").bytes, new Mpeg2Stream().picture("P", { temporal_reference: 1 }).bytes];
    const session = openMpeg2Session();
    const more = new Mpeg2Stream().slices(3).bytes;
    const events = [...session.push(i), ...session.push(p), ...session.push(more, { lost: missing, unitEnds: true })];
    expect(summary(only([...events, ...session.flush()], "output"))).toEqual(["show 1000", "show 2000 corrupt"]);
  });
});

describe("a sequence extension that could not be read", () => {
  it("makes no MPEG-1 of the stream", () => {
    const stream = new Mpeg2Stream()
      .header()
      .unit(0xb5, (w) => w.u(4, 1))
      .picture("I");
    expect(only(eventsOf(stream), "error").map(({ message }) => message)).toEqual([
      "the unit ends here",
      "the sequence extension could not be read",
    ]);
  });

  it("may be among lost bytes: then it is that of the same header before, and no MPEG-1", () => {
    const withLoss = (before: Mpeg2Stream) => {
      const session = openMpeg2Session();
      const lost = new BitstreamError("lost-bytes", "a packet is missing");
      const pictures = new Mpeg2Stream().picture("I").picture("I").bytes;
      const events = [
        ...session.push(before.bytes),
        ...session.push(pictures, { lost, unitEnds: true }),
        ...session.flush(),
      ];
      return [events.filter(({ type }) => type === "request").length, only(events, "error").map(({ code }) => code)];
    };
    expect(withLoss(start().picture("I").header())).toEqual([3, ["lost-bytes"]]);
    expect(withLoss(new Mpeg2Stream().header())).toEqual([0, ["lost-bytes", "missing-header", "missing-header"]]);
  });

  it("is that of the same header before (6.1.1.6)", () => {
    const cut = (stream: Mpeg2Stream) => stream.unit(0xb5, (w) => w.u(4, 1));
    const repeated = cut(start().picture("I").header()).picture("P").picture("P");
    expect(decoded(repeated)).toEqual(["1000", "! bitstream", "2000 <1000", "3000 <2000"]);
    // Another header has another extension.
    const other = cut(start().picture("I").header({ width: 32 })).picture("P");
    expect(decoded(other)).toEqual(["1000", "! bitstream", "! bitstream"]);
  });
});

describe("what is not handled", () => {
  it("is MPEG-1: one UnsupportedError", () => {
    const one = (stream: Mpeg2Stream) => stream.pictureHeader("I").slices(3);
    const events = only(eventsOf(one(one(new Mpeg2Stream().header()))), "error");
    expect(events.map(({ kind, message }) => `${kind} ${message}`)).toEqual([
      "unsupported the stream is MPEG-1 (it has no sequence extension), which the kernel's interface does not take",
    ]);
  });

  it("is a scalable stream, and a D picture", () => {
    const scalable = new Mpeg2Stream().sequence().unit(0xb5, (w) => w.u(4, 5).u(2, 2).u(4, 1));
    expect(decoded(scalable.picture("I", { slices: 2 }))).toEqual(["! unsupported"]);
    expect(decoded(start().picture("D", { slices: 2 }).picture("I"))).toEqual(["! unsupported", "1000"]);
  });

  it("is a picture without coding extension, slices without picture: one error each, and decoding goes on", () => {
    const stream = start().slices(2).pictureHeader("I").slices(3).picture("I");
    expect(decoded(stream)).toEqual(["! bitstream", "! bitstream", "1000"]);
  });
});
