import type { Rules } from "./field.ts";
import { constant } from "./source.ts";

/** DECODE_MODE and START_CODE: no stream decides them. */
export const modeRules: Rules = {
  "": () => [constant("an option of the session: the driver offers the values that it takes")],
};
