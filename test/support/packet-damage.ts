import fc from "fast-check";
import { expect, it } from "vitest";
import { corpusFiles, corpusPlace, fixtureStreams, hasCorpus } from "../../conformance/streams/corpus-files.ts";
import { ivfFrames } from "../../src/containers/ivf.ts";
import { BitstreamError, StreamError } from "../../src/errors.ts";
import type { DecodeEvent, RequestEvent, Session } from "../../src/events.ts";
import type { SessionOptions } from "../../src/options.ts";
import { withOtherUnits } from "../../support/damage.ts";
import { errorFlaws } from "../../support/error-flaws.ts";
import { kernelRefusals } from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { ivfOf } from "../../support/streams/vp8-frames.ts";

/** VP8, VP9 or AV1, as its damage is tested. */
export interface PacketCodec {
  readonly codec: "vp8" | "vp9" | "av1";
  readonly fourcc: string;
  open(options: SessionOptions): Session;
  /** Every function of the stateless parser. */
  readonly parsers: readonly ((bytes: Uint8Array) => unknown)[];
  /** The timestamps that a request refers to. */
  timestamps(request: RequestEvent): readonly number[];
  /** Key frames, and how many of its bytes are the least that each could have. */
  readonly frames: readonly { readonly frame: Uint8Array; readonly least: number }[];
  /** The packets of a fixture. Default: those of an IVF file. */
  packetsOf?(bytes: Uint8Array): Uint8Array[];
  /** The first byte of what may be a frame. */
  readonly firstBytes: readonly number[];
}

const variants: readonly SessionOptions[] = [
  {},
  { missingReferences: "nearest" },
  { startAt: "random-access", missingReferences: "drop" },
];

/** Of sessions with every call they have, on this file: what breaks a promise. What they throw fails the test. */
function flawsOf(codec: PacketCodec, file: Uint8Array, packets: readonly Uint8Array[] = []): string[] {
  return variants.flatMap((options) => {
    const session = codec.open(options);
    const half = file.length >> 1;
    const events: DecodeEvent[] = [
      ...session.push(file.subarray(0, half)),
      ...session.reset(),
      ...session.push(file),
      ...session.decode(file),
      ...packets.flatMap((packet) => session.decode(packet)),
      ...session.configure(file),
      ...session.push(file.subarray(0, half)),
      ...session.flush(),
    ];
    const flaws = [
      ...poolFlaws(events, { timestamps: codec.timestamps }),
      ...kernelRefusals(events),
      ...errorFlaws(events),
    ];
    return flaws.map((flaw) => `${JSON.stringify(options)} ${flaw}`);
  });
}

function parseEverything({ parsers }: PacketCodec, bytes: Uint8Array): void {
  for (const parse of parsers) {
    try {
      parse(bytes);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }
}

/** 1 to 20 flipped bits, half of them in a packet's first bytes, where its headers are. */
function withFlippedBits(packets: readonly Uint8Array[], random: Random): Uint8Array[] {
  const damaged = packets.map((packet) => packet.slice());
  for (let flips = 1 + random.below(20); flips > 0; flips--) {
    const packet = damaged[random.below(damaged.length)] as Uint8Array;
    const at = random.below(flips % 2 === 0 ? Math.min(packet.length, 40) : packet.length);
    if (at < packet.length) packet[at]! ^= 1 << random.below(8);
  }
  return damaged;
}

/** The tests of what damage does. */
export function testDamage(codec: PacketCodec): void {
  const fixtures = fixtureStreams(codec.codec).map((file) => ({ name: file.name, bytes: file.read() }));
  const packetsOf = codec.packetsOf ?? ((bytes: Uint8Array) => ivfFrames(bytes).frames.map(({ data }) => data));

  const anyBytes = (runs: number) => () => {
    const first = fc.constantFrom(...codec.firstBytes);
    const bytes = fc.tuple(first, fc.oneof(fc.uint8Array({ maxLength: 90 }), fc.uint8Array({ max: 3, maxLength: 90 })));
    fc.assert(
      fc.property(bytes, ([byte, rest]) => parseEverything(codec, Uint8Array.of(byte, ...rest))),
      { seed: 1, numRuns: runs },
    );
    const random = new Random(4);
    for (const { bytes } of fixtures) {
      for (const packet of withFlippedBits(packetsOf(bytes), random)) {
        parseEverything(codec, packet);
        parseEverything(codec, packet.subarray(0, random.below(packet.length)));
      }
    }
  };
  it("the stateless parser throws BitstreamError and UnsupportedError, and nothing else", anyBytes(200));
  it("the stateless parser throws nothing else, more often", { tags: "long" }, anyBytes(2000));

  it("a frame is one error where it ends before its last partition or tile, and one request from there on", () => {
    for (const { frame, least } of codec.frames) {
      for (let length = 1; length <= frame.length; length++) {
        const part = frame.slice(0, length);
        const events = codec.open({}).decode(part);
        const expected = length < least ? ["error"] : ["sequence", "request", "output"];
        expect(
          events.map(({ type }) => type),
          `${length} of ${frame.length} bytes`,
        ).toEqual(expected);
        if (length < least) expect(() => codec.parsers[0]?.(part)).toThrow(BitstreamError);
      }
    }
  });

  const randomPackets = (runs: number) => () => {
    const packet = fc
      .tuple(fc.constantFrom(...codec.firstBytes), fc.uint8Array({ maxLength: 60 }))
      .map(([byte, rest]) => Uint8Array.of(byte, ...rest));
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), (packets) => {
        expect(flawsOf(codec, ivfOf(packets, codec.fourcc), packets)).toEqual([]);
      }),
      { seed: 1, numRuns: runs },
    );
  };
  it("a session makes events of random packets", randomPackets(50));
  it("a session makes events of random packets, more often", { tags: "long" }, randomPackets(400));

  const flippedBits = (runs: number, streams: typeof fixtures) => () => {
    const random = new Random(1);
    for (const { name, bytes } of streams) {
      const packets = packetsOf(bytes);
      for (let run = 0; run < runs; run++) {
        const damaged = withFlippedBits(packets, random);
        const file = ivfOf(damaged, codec.fourcc);
        if (run % 2 === 0) file[32 + random.below(file.length - 32)]! ^= 1 << random.below(8);
        expect(flawsOf(codec, file, damaged), `${name}, run ${run}`).toEqual([]);
      }
    }
  };
  it(
    "a session makes events of flipped bits, in packets and in the file around them",
    flippedBits(1, fixtures.slice(0, 3)),
  );
  it("a session makes events of flipped bits, more often", { tags: "long" }, flippedBits(8, fixtures));

  const otherPackets = (runs: number) => () => {
    const random = new Random(2);
    const streams = fixtures.map(({ bytes }) => packetsOf(bytes));
    for (let run = 0; run < runs; run++) {
      const packets = withOtherUnits(streams, random);
      expect(flawsOf(codec, ivfOf(packets, codec.fourcc), packets), `run ${run}`).toEqual([]);
    }
  };
  it("a session makes events of packets that are left out, repeated, cut off or from another stream", otherPackets(4));
  it("a session makes events of such packets, more often", { tags: "long" }, otherPackets(30));

  it.skipIf(!hasCorpus)(
    `a session makes events of every damaged file of the corpus (${corpusPlace})`,
    { tags: "long" },
    () => {
      const files = corpusFiles("bad").map(({ name, read }) => ({ name, bytes: read() }));
      expect(files.filter(({ name }) => name.endsWith(".ivf")).length).toBeGreaterThan(15);
      const flaws = files.flatMap(({ name, bytes }) => flawsOf(codec, bytes).map((flaw) => `${name}: ${flaw}`));
      expect(flaws).toEqual([]);
    },
  );
}
