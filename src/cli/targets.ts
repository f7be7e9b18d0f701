/** Which target a word means, for a codec. */
import type { Codec } from "../events.ts";
import type { Board } from "../targets/boards.ts";
import { generic } from "../targets/generic.ts";
import type { Target } from "../targets/target.ts";
import type { Arguments } from "./arguments.ts";
import { CliError, type Io } from "./io.ts";

/**
 * The target that `--target` names, by a driver or by a chip, whose decoder depends on the codec. If the chip has two, a line
 * on standard error says which one is used.
 *
 * @throws CliError where a chip has no decoder of the codec.
 */
export async function chooseTarget(io: Io, { targetName }: Arguments, codec: Codec): Promise<Target> {
  if (targetName === undefined) return generic;
  // Loaded only where a target is named: they are a sixth of the command.
  const [{ boardByName, boardTarget }, { targetByName }] = await Promise.all([
    import("../targets/boards.ts"),
    import("../targets/index.ts"),
  ]);
  const named = targetByName(targetName);
  const board = boardByName(targetName);
  // The target rk3399 (rkvdec) has the same name as the chip, which also has hantro's VPU2.
  if (board === undefined || named?.codecs[codec] !== undefined) return named ?? generic;
  const choice = boardTarget(board, codec);
  if (choice === undefined) throw new CliError(`${targetName} does not decode ${codec}: it has ${decodersOf(board)}`);
  const { target, others } = choice;
  if (others.length > 0) {
    const rest = others.map(({ name }) => name).join(", ");
    await io.stderr.write(`${targetName}: ${codec} by ${target.name}; --target ${rest} for its other decoder\n`);
  }
  return target;
}

/** `"vdpu381 (h264, h265), hantro-g1 (vp8)"` */
function decodersOf({ decoders }: Board): string {
  return decoders.map(({ target, codecs }) => `${target.name} (${Object.keys(codecs).join(", ")})`).join(", ");
}
