/** The words of `trace --unit`. */
import type { Codec } from "../../events.ts";
import { unitKinds } from "../../explain/unit-kinds.ts";
import { CliError } from "../io.ts";
import { suggestion } from "../suggest.ts";

/**
 * The kinds that the words name; case does not matter.
 *
 * @throws CliError where one of the words is no kind of unit that the codec has.
 */
export function namedUnitKinds(codec: Codec, words: readonly string[]): readonly string[] {
  const known = unitKinds(codec);
  const wrong = words.find((word) => !known.includes(word.toLowerCase()));
  if (wrong === undefined) return words.map((word) => word.toLowerCase());
  const all = known.join(", ");
  throw new CliError(
    `--unit: ${codec} has no ${JSON.stringify(wrong)}; its units are ${all}${suggestion(wrong, known)}`,
  );
}
