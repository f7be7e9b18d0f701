import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** Runs a module with V8's own functions, and returns what it prints. */
function withNatives(code: string): string {
  const flags = ["--allow-natives-syntax", "--import", "tsx", "--input-type=module", "--eval", code];
  return execFileSync(process.execPath, flags, {
    encoding: "utf8",
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
}

describe("what V8 compiles for a session serves the next one", () => {
  it("an empty list has the kind of one with objects", () => {
    const code = `
      const { emptyList } = await import(${source("framing/lists.ts")});
      const empty = emptyList();
      const filled = emptyList();
      filled.push({});
      console.log(%HaveSameMap(empty, filled), %HaveSameMap([], filled), empty.length);`;
    expect(withNatives(code).trim()).toBe("true false 0");
  });

  it("all units have one hidden class", () => {
    const code = `
      const { ByteStream, unitsOfPacket } = await import(${source("framing/byte-stream.ts")});
      const { UnitInput } = await import(${source("framing/unit-input.ts")});
      const { LengthPrefixedStream } = await import(${source("framing/length-prefixed.ts")});
      const { WaitingUnits } = await import(${source("nal/waiting-units.ts")});
      const bytes = Uint8Array.from([0, 0, 1, 9, 9, 0, 0, 1, 7, 7, 0, 0, 1, ...new Uint8Array(100).fill(5)]);
      const stream = new ByteStream(0);
      const units = { pushed: stream.push(bytes), begun: [stream.begun()], last: stream.flush(), packet: unitsOfPacket(bytes, 0) };
      const cut = new UnitInput();
      cut.push(bytes);
      units.cut = cut.cut();
      const prefixed = new LengthPrefixedStream(1, 0);
      units.prefixed = [...prefixed.push(Uint8Array.from([2, 9, 9, 3, 7])), ...prefixed.flush()];
      const parted = new UnitInput();
      parted.frameBy(1);
      units.parted = parted.packet(Uint8Array.from([10, 9, 9, 9, 0, 0, 1, 7, 7, 7, 7]));
      const waiting = new WaitingUnits();
      waiting.add(units.packet[0]);
      waiting.hold();
      units.held = waiting.take();
      const all = Object.values(units).flat();
      const odd = Object.entries(units).filter(([, list]) => list.length === 0 || !list.every((unit) => %HaveSameMap(unit, all[0])));
      console.log(JSON.stringify(odd.map(([name]) => name)));`;
    expect(withNatives(code).trim()).toBe("[]");
  });
});
