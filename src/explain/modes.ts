import type { Rules } from "./field.ts";
import { constant } from "./source.ts";

/** DECODE_MODE and START_CODE: no stream decides them. */
const modeRules: Rules = {
  "": () => [constant("an option of the session: the driver offers the values that it takes")],
};

/** A damaged stream: the session kept what it had read of a set, and no unit that was read to its end is in force. */
const lostRules: Rules = {
  "": () => [constant("not known: the unit that set it was damaged, see the stream's errors")],
};

/** The rules of a control that no unit is known to have set. */
export function rulesWithoutUnit(payload: Uint8Array | number): Rules {
  return typeof payload === "number" ? modeRules : lostRules;
}
