import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import { ByteStream, type StreamUnit, unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { LengthPrefixedStream } from "../../src/framing/length-prefixed.ts";
import { emptyList } from "../../src/framing/lists.ts";
import { UnitInput } from "../../src/framing/unit-input.ts";
import { holdPicture } from "../../src/nal/held-picture.ts";
import { WaitingUnits } from "../../src/nal/waiting-units.ts";

setFlagsFromString("--allow-natives-syntax");
/** Whether V8 runs the same compiled code for both. */
const haveSameMap = new Function("a", "b", "return %HaveSameMap(a, b)") as (a: object, b: object) => boolean;

const bytes = Uint8Array.from([0, 0, 1, 9, 9, 0, 0, 1, 7, 7, 0, 0, 1, ...new Uint8Array(100).fill(5)]);

/** Units, by where they come from. */
function unitsByOrigin(): Record<string, readonly StreamUnit[]> {
  const stream = new ByteStream(0);
  const pushed = stream.push(bytes);
  const begun = [stream.begun() as StreamUnit];
  const cut = new UnitInput();
  cut.push(bytes);
  const prefixed = new LengthPrefixedStream(1, 0);
  const parted = new UnitInput();
  parted.frameBy(1);
  const waiting = new WaitingUnits();
  waiting.add(pushed[0] as StreamUnit);
  waiting.hold();
  const picture = { unit: pushed[0] as StreamUnit, isHeld: false };
  holdPicture(picture);
  return {
    pushed,
    begun,
    last: stream.flush(),
    packet: unitsOfPacket(bytes, 0),
    cut: cut.cut(),
    prefixed: [...prefixed.push(Uint8Array.from([2, 9, 9, 3, 7])), ...prefixed.flush()],
    parted: parted.unitsOf(Uint8Array.from([10, 9, 9, 9, 0, 0, 1, 7, 7, 7, 7])),
    waiting: waiting.take(),
    held: [picture.unit],
  };
}

describe("what V8 compiles for one session serves the next one", () => {
  it("an empty list has the kind of one with objects", () => {
    const filled = emptyList<object>();
    filled.push({});
    expect(haveSameMap(emptyList(), filled)).toBe(true);
    expect(haveSameMap([], filled)).toBe(false);
    expect(emptyList()).toEqual([]);
  });

  it.each(Object.entries(unitsByOrigin()))("NAL units have one hidden class: %s", (_, units) => {
    const [other] = unitsOfPacket(bytes, 0) as [StreamUnit];
    expect(units).not.toEqual([]);
    for (const unit of units) expect(haveSameMap(unit, other)).toBe(true);
  });
});
