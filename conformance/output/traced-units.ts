import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { joined } from "../../src/framing/bytes.ts";
import { crc32 } from "../../src/record/crc32.ts";

/**
 * The units that a trace was told of, to be found again in requests. A request has a unit itself, or a copy: of tiny units, and in
 * the stream's last picture. Requests come in decoding order: of units with the same bytes, a copy is the first that no request has had
 * and that comes after those that had one.
 */
export class TracedUnits {
  readonly #places = new Map<Uint8Array, number>();
  readonly #byContent = new Map<string, Uint8Array[]>();
  /** The place of the last unit that a request had. */
  #last = -1;

  add(unit: Uint8Array): void {
    this.#places.set(unit, this.#places.size);
    const key = keyOf(unit);
    const same = this.#byContent.get(key);
    if (same === undefined) this.#byContent.set(key, [unit]);
    else same.push(unit);
  }

  /** The traced units of the next request, whose parts are a start code and a unit in turns, or several of them in one. */
  ofRequest(parts: readonly Uint8Array[]): Uint8Array[] {
    const units = parts.filter((part) => this.#places.has(part));
    const found = 2 * units.length === parts.length ? units : this.#byBytes(joined(parts));
    for (const unit of found) this.#last = Math.max(this.#last, this.#placeOf(unit));
    return found;
  }

  #byBytes(bytes: Uint8Array): Uint8Array[] {
    let last = this.#last;
    return unitsOfPacket(bytes, 0).map(({ bytes: copy }) => {
      const same = this.#byContent.get(keyOf(copy));
      const unit = same?.find((one) => this.#placeOf(one) > last) ?? same?.at(-1);
      if (unit === undefined) throw new Error("a request has bytes that are no unit of the stream");
      last = this.#placeOf(unit);
      return unit;
    });
  }

  #placeOf(unit: Uint8Array): number {
    return this.#places.get(unit) as number;
  }
}

function keyOf(unit: Uint8Array): string {
  return `${unit.length} ${crc32(unit)}`;
}
