import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { only } from "../../support/streams/h264-stream.ts";

/** A codec, as the spreading of damage is tested on its fixtures. */
export interface SpreadingCodec {
  readonly codec: "h264" | "h265" | "mpeg2";
  /** The timestamps of the pictures that a request's slice can predict from, by its payloads. */
  predictsFrom(request: RequestEvent): readonly number[];
  /** The events of a stream that lacks something of the picture with this request of slice mode, and nothing else. */
  damaged(bytes: Uint8Array, request: number, options: SessionOptions): DecodeEvent[];
  /** Fixtures in which recovery points end the damage, which the requests do not show. */
  readonly withRecovery: readonly string[];
}

export function decoded(codec: SpreadingCodec["codec"], bytes: Uint8Array, options: SessionOptions): DecodeEvent[] {
  const session = openSession(codec, options);
  return [...session.push(bytes), ...session.flush()];
}

const corruptOf = (events: readonly DecodeEvent[]) =>
  only(events, "output")
    .filter(({ corrupt }) => corrupt)
    .map(({ timestamp }) => timestamp)
    .sort((a, b) => a - b);

/** The pictures that are not whole where one request's is damaged: it, and in turn all that predict from such a one. */
function dependents(requests: readonly RequestEvent[], damaged: number, codec: SpreadingCodec): number[] {
  const { timestamp: start } = requests[damaged] as RequestEvent;
  const found = new Set([start]);
  for (const request of requests.slice(damaged + 1)) {
    if (codec.predictsFrom(request).some((timestamp) => found.has(timestamp))) found.add(request.timestamp);
  }
  return [...found].sort((a, b) => a - b);
}

export function testSpreading(codec: SpreadingCodec): void {
  describe("corrupt", () => {
    it("is said of no picture of a whole stream", () => {
      for (const { name, read } of fixtureStreams(codec.codec)) {
        expect({ name, corrupt: corruptOf(decoded(codec.codec, read(), {})) }).toEqual({ name, corrupt: [] });
      }
    });

    /** @param every of so many requests, one is damaged. */
    const isSaidOfDependents = (every: number) => () => {
      let spread = 0;
      for (const { name, read } of fixtureStreams(codec.codec)) {
        if (codec.withRecovery.some((part) => name.includes(part))) continue;
        const bytes = read();
        const requests = only(decoded(codec.codec, bytes, { decodeMode: "slice" }), "request");
        for (let k = 0; k < requests.length; k += every) {
          const corrupt = dependents(requests, k, codec);
          spread += corrupt.length - 1;
          for (const decodeMode of ["frame", "slice"] as const) {
            const found = corruptOf(codec.damaged(bytes, k, { decodeMode }));
            expect({ name, k, decodeMode, corrupt: found }).toEqual({ name, k, decodeMode, corrupt });
          }
        }
      }
      expect(spread).toBeGreaterThan(15);
    };
    const title = "is said of a damaged picture, and of all that predict from a corrupt one";
    it(title, isSaidOfDependents(10));
    it(`${title}: of more pictures`, { tags: "long" }, isSaidOfDependents(3));
  });
}

/** Where the units of a byte stream begin, after their start code prefixes of three bytes. */
export function unitStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf(1, 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) starts.push(at + 1);
  }
  return starts;
}

/** The stream with a unit after the slice of this number. */
export function withUnitAfterSlice(
  bytes: Uint8Array,
  slice: number,
  isSlice: (firstByte: number) => boolean,
  unit: readonly number[],
): Uint8Array {
  const starts = unitStarts(bytes);
  const slices = starts.filter((at) => isSlice(bytes[at] ?? 0));
  const next = starts[starts.indexOf(slices[slice] as number) + 1];
  const end = next === undefined ? bytes.length : next - 3;
  return joined([bytes.subarray(0, end), Uint8Array.of(0, 0, 1, ...unit), bytes.subarray(end)]);
}
