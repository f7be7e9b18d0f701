import { describe, expect, it } from "vitest";
import { fixtureStreams } from "../../conformance/streams/corpus-files.ts";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { openSession } from "../../src/open-session.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";

const codecs: readonly Codec[] = ["h264", "h265", "mpeg2"];

describe.each(codecs.flatMap((codec) => fixtureStreams(codec).map(({ name, read }) => ({ codec, name, read }))))(
  "$name, pushed unit by unit",
  ({ codec, read }) => {
    it("gives each picture the pts of the unit with which it begins: its first slice, in MPEG-2 its header", () => {
      const stream = read();
      const units = unitsOfPacket(stream, 0, codec === "mpeg2");
      const session = openSession(codec);
      const first = new Map<number, number[]>();
      const shown: { timestamp: number; pts: number | undefined }[] = [];
      const take = (events: readonly DecodeEvent[]) => {
        for (const event of events) {
          if (event.type === "output") shown.push(event);
          if (event.type !== "request" || first.has(event.timestamp)) continue;
          const [slice] = unitsOfPacket(bitstreamBytes(event), 0, codec === "mpeg2");
          first.set(event.timestamp, [...(slice?.bytes ?? [])]);
        }
      };
      let at = 0;
      for (const [pts, { byte, bytes }] of units.entries()) {
        take(session.push(stream.subarray(at, byte + bytes.length), { pts }));
        at = byte + bytes.length;
      }
      take(session.flush());
      expect(shown.length).toBeGreaterThan(0);
      for (const { timestamp, pts = -1 } of shown) {
        const slice = first.get(timestamp) as number[];
        const found = codec === "mpeg2" ? units.findIndex(({ bytes }, i) => i > pts && bytes[0] === 1) : pts;
        if (codec === "mpeg2") expect(units[pts]?.bytes[0]).toBe(0);
        expect([...(units[found]?.bytes ?? [])]).toEqual(slice);
      }
    });
  },
);
