import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import { StreamError } from "../../src/errors.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { FwhtStream, openFwhtSession, parseFrameHeader } from "../../src/fwht/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { decodeStruct, v4l2_ctrl_fwht_params } from "../../src/uapi/index.ts";
import { withOtherUnits } from "../../support/damage.ts";
import { errorFlaws } from "../../support/error-flaws.ts";
import { kernelRefusals } from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";
import { fwhtFrame } from "../../support/streams/fwht-frames.ts";

const variants: readonly SessionOptions[] = [{}, { startAt: "random-access", missingReferences: "drop" }];

function timestamps({ controls }: RequestEvent): number[] {
  return [Number(decodeStruct(v4l2_ctrl_fwht_params, controls[0]?.payload as Uint8Array).backward_ref_ts)];
}

/** Of sessions with every call they have, on this stream: what breaks a promise. What they throw fails the test. */
function flawsOf(stream: Uint8Array, packets: readonly Uint8Array[] = []): string[] {
  return variants.flatMap((options) => {
    const session = openFwhtSession(options);
    const half = stream.length >> 1;
    const events: DecodeEvent[] = [
      ...session.push(stream.subarray(0, half)),
      ...session.reset(),
      ...session.push(stream),
      ...session.decode(stream),
      ...packets.flatMap((packet) => session.decode(packet)),
      ...session.configure(stream),
      ...session.push(stream.subarray(0, half)),
      ...session.flush(),
    ];
    return [...poolFlaws(events, { timestamps }), ...kernelRefusals(events), ...errorFlaws(events)];
  });
}

const fixtures = fixtureStreams("fwht").map(({ name, read }) => ({ name, bytes: read() }));
const framesOf = (stream: Uint8Array) => new FwhtStream(0).push(stream).map(({ bytes }) => bytes);

describe("of damaged FWHT", () => {
  it("the stateless parser throws BitstreamError, and nothing else", () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(fc.boolean(), bytes, (hasMagic, rest) => {
        try {
          parseFrameHeader(hasMagic ? joined([fwhtFrame().subarray(0, 8), rest]) : rest);
        } catch (error) {
          if (!(error instanceof StreamError)) throw error;
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("a session makes events of random headers", () => {
    const frame = fc
      .tuple(fc.uint8Array({ minLength: 36, maxLength: 36 }), fc.nat({ max: 40 }))
      .map(([header, size]) => joined([fwhtFrame().subarray(0, 8), header, fwhtFrame({ data: size }).subarray(44)]));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
        expect(flawsOf(joined(frames), frames)).toEqual([]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  const flippedBits = (runs: number) => () => {
    const random = new Random(1);
    for (const { name, bytes } of fixtures) {
      for (let run = 0; run < runs; run++) {
        const damaged = bytes.slice();
        const frames = framesOf(damaged);
        for (let flips = 1 + random.below(12); flips > 0; flips--) {
          const frame = frames[random.below(frames.length)] as Uint8Array;
          frame[random.below(flips % 2 === 0 ? 44 : frame.length)]! ^= 1 << random.below(8);
        }
        expect(flawsOf(damaged), `${name}, run ${run}`).toEqual([]);
      }
    }
  };
  it("a session makes events of flipped bits", flippedBits(2));
  it("a session makes events of flipped bits, more often", { tags: "long" }, flippedBits(20));

  it("a session makes events of frames that are left out, repeated, cut off or from another stream", () => {
    const random = new Random(2);
    const streams = fixtures.map(({ bytes }) => framesOf(bytes));
    for (let run = 0; run < 6; run++) {
      const frames = withOtherUnits(streams, random);
      expect(flawsOf(joined(frames), frames), `run ${run}`).toEqual([]);
    }
  });
});
