/** The words of `trace --unit`. */
import type { Codec } from "../../events.ts";
import { unitKinds } from "../../explain/unit-kinds.ts";
import { CliError } from "../io.ts";
import { suggestion } from "../suggest.ts";

/** @throws CliError where one of the words is no kind of unit that the codec has. */
export function checkUnitKinds(codec: Codec, words: readonly string[]): void {
  const known = unitKinds(codec);
  const wrong = words.find((word) => !known.includes(word));
  if (wrong === undefined) return;
  const all = known.join(", ");
  throw new CliError(
    `--unit: ${codec} has no ${JSON.stringify(wrong)}; its units are ${all}${suggestion(wrong, known)}`,
  );
}
