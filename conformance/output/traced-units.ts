import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { joined } from "../../src/framing/bytes.ts";
import { crc32 } from "../../src/record/crc32.ts";

/**
 * The units that a trace was told of, to be found again in requests. A request has a unit itself, or in the stream's last picture a
 * copy: of units with the same bytes, that is then the last one.
 */
export class TracedUnits {
  readonly #units = new Set<Uint8Array>();
  readonly #byContent = new Map<string, Uint8Array>();

  add(unit: Uint8Array): void {
    this.#units.add(unit);
    this.#byContent.set(keyOf(unit), unit);
  }

  /** The traced units of a request, whose parts are a start code and a unit in turns, or several of them in one. */
  ofRequest(parts: readonly Uint8Array[]): Uint8Array[] {
    const units = parts.filter((part) => this.#units.has(part));
    if (2 * units.length === parts.length) return units;
    return unitsOfPacket(joined(parts), 0).map(({ bytes }) => {
      const unit = this.#byContent.get(keyOf(bytes));
      if (unit === undefined) throw new Error("a request has bytes that are no unit of the stream");
      return unit;
    });
  }
}

function keyOf(unit: Uint8Array): string {
  return `${unit.length} ${crc32(unit)}`;
}
