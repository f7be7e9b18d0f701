import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { byteStreamOf } from "../../src/compare/byte-stream.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { joined } from "../../src/framing/bytes.ts";
import { obuPayload } from "../../src/framing/obu.ts";
import { openSession } from "../../src/open-session.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import type { Codec } from "../../src/uapi/codecs.ts";
import { avcC, lengthPrefixed } from "../../support/h264-requests.ts";
import { obusOf, temporalUnits, withSize } from "../../support/streams/av1-packets.ts";

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));

/** The OUTPUT buffers of a byte stream. */
function buffers(codec: Codec, stream: Uint8Array): string[] {
  const session = openSession(codec);
  const events = [...session.push(stream), ...session.flush()];
  expect(events.filter(({ type }) => type === "error")).toEqual([]);
  return events.flatMap((event) =>
    event.type === "request" ? [Buffer.from(bitstreamBytes(event)).toString("hex")] : [],
  );
}

it.each([2, 4])("NAL units with lengths of %d bytes, and those of an avcC record, get start codes", (size) => {
  const stream = fixture("h264_mbaff_tff.264");
  const units = unitsOfPacket(stream, 0).map(({ bytes }) => bytes);
  const isSet = (unit: Uint8Array) => ((unit[0] as number) & 31) === 7 || ((unit[0] as number) & 31) === 8;
  const made = byteStreamOf("h264", [
    { kind: "configuration", bytes: avcC(size, units.filter(isSet)) },
    ...units
      .filter((unit) => !isSet(unit))
      .map((unit, i) => ({ kind: "packet" as const, bytes: lengthPrefixed([unit], size), pts: i })),
  ]);
  expect(buffers("h264", made)).toEqual(buffers("h264", stream));
});

/** A packet as containers have it: without the delimiter, and with a last OBU whose size is the rest of the packet. */
function packetOf(temporalUnit: Uint8Array): Uint8Array {
  const obus = obusOf(temporalUnit).filter((obu) => (obu[0] as number) >> 3 !== 2);
  const last = obus.pop() as Uint8Array;
  const [header = 0] = last;
  const extension = last.subarray(1, header & 4 ? 2 : 1);
  return joined([...obus.map(withSize), Uint8Array.of(header & ~2), extension, obuPayload(last)]);
}

it.each(["av1_8bit.ivf", "av1_svc_L2T2.obu", "av1_annexb.obu"])(
  "OBUs of packets get delimiters and sizes: %s",
  (name) => {
    const stream = fixture(name);
    const packets = temporalUnits(stream).map((unit, i) => ({
      kind: "packet" as const,
      bytes: packetOf(unit),
      pts: i,
    }));
    expect(packets.some(({ bytes }) => bytes.length > 300)).toBe(true);
    expect(buffers("av1", byteStreamOf("av1", packets))).toEqual(buffers("av1", stream));
  },
);

it("a record that cannot be read is left out", () => {
  for (const codec of ["h264", "h265", "av1"] as const) {
    const parts = [{ kind: "configuration", bytes: Uint8Array.of(7, 7) }] as const;
    expect(byteStreamOf(codec, parts)).toEqual(new Uint8Array(0));
  }
});

it("a unit that the packet's end cuts off is left out", () => {
  const units = unitsOfPacket(fixture("h264_mbaff_tff.264"), 0).map(({ bytes }) => bytes);
  const packet = lengthPrefixed(units.slice(0, 3), 4);
  const parts = (bytes: Uint8Array) => [
    { kind: "configuration" as const, bytes: avcC(4, []) },
    { kind: "packet" as const, bytes, pts: 0 },
  ];
  const whole = byteStreamOf("h264", parts(packet));
  const cut = byteStreamOf("h264", parts(packet.subarray(0, -1)));
  expect(unitsOfPacket(whole, 0)).toHaveLength(3);
  expect(unitsOfPacket(cut, 0).map(({ bytes }) => bytes)).toEqual(units.slice(0, 2));
});
