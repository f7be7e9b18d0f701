/** A unit with other values in its syntax elements: through the trace, and written again with all bits of the others. */

import type { TraceElement } from "../src/bitreader/index.ts";
import { rewrittenUnit } from "../src/testing/rewritten-unit.ts";
import type { Below } from "./case.ts";

type Element = Pick<TraceElement, "name" | "descriptor" | "length" | "value">;

const MOST_BYTES = 4096;

/** Another value of an element. */
function otherValue({ descriptor, length, value }: Element, random: Below): Element {
  const coded = (changed: number, bits = length): Element => ({ name: "", descriptor, length: bits, value: changed });
  const near = value + 1 + random.below(4) * (random.below(2) === 0 ? -1 : 1);
  if (descriptor === "ue" || descriptor === "te") {
    const choices = [0, 1, near, random.below(8), random.below(64), 2 ** random.below(32), 2 ** 32 - 2, value * 2];
    return { ...coded(Math.max(0, choices[random.below(choices.length)] as number)), descriptor: "ue" };
  }
  if (descriptor === "se") {
    const choices = [0, -value, near, random.below(64) - 32, 2 ** random.below(31), -(2 ** random.below(31))];
    return coded(choices[random.below(choices.length)] as number);
  }
  if (descriptor === "i" || descriptor === "s") return coded(0);
  const most = 2 ** length - 1;
  const choices = [0, most, near, value ^ 1, random.below(Math.min(most, 2 ** 31)), Math.floor(most / 2)];
  return coded(Math.min(most, Math.max(0, choices[random.below(choices.length)] as number)));
}

/** Some elements left out, written several times, or given other values. */
function changedElements(elements: readonly Element[], random: Below): Element[] {
  const changed = [...elements];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(changed.length);
    const element = changed[at];
    if (element === undefined) continue;
    const what = random.below(10);
    if (what === 0) changed.splice(at, 1 + random.below(3));
    else if (what === 1) {
      const part = changed.slice(at, at + 1 + random.below(6));
      const copies = 1 + random.below(random.below(6) === 0 ? 300 : 3);
      changed.splice(at, 0, ...new Array<Element[]>(copies).fill(part).flat());
    } else changed[at] = otherValue(element, random);
  }
  return changed;
}

/**
 * A unit with changed elements; undefined where it has none that can be written.
 *
 * @param isEscaped the unit may hold emulation prevention bytes.
 */
export function rewritten(
  unit: Uint8Array,
  elements: readonly TraceElement[],
  isEscaped: boolean,
  random: Below,
): Uint8Array | undefined {
  if (elements.length === 0 || unit.length > MOST_BYTES) return undefined;
  return rewrittenUnit(unit, elements, isEscaped, (open) => changedElements(open, random));
}
