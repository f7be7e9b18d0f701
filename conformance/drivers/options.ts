import { parseArgs } from "node:util";
import { UsageError } from "../../support/run-command.ts";

const options = {
  write: { type: "boolean", default: false },
  gstreamer: { type: "boolean", default: false },
  faults: { type: "boolean", default: false },
  frames: { type: "string", default: "0" },
  corpus: { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  fixtures: { type: "boolean", default: false },
  keep: { type: "string" },
  stream: { type: "string", multiple: true, default: [""] as string[] },
  node: { type: "string", multiple: true, default: [""] as string[] },
} as const;

type OptionName = keyof typeof options;
const parsed = (args: string[]) => parseArgs({ args, options, tokens: true });
type Values = ReturnType<typeof parsed>["values"];

/** What the command does: `programs` where no option asks for something else. */
export type Mode = "programs" | "gstreamer" | "corpus" | "faults";

/** The options that mean something in a mode; those that ask for it come first. */
const optionsOf: Readonly<Record<Mode, readonly OptionName[]>> = {
  faults: ["faults", "frames", "node"],
  corpus: ["corpus", "force", "keep", "stream", "node"],
  gstreamer: ["gstreamer", "fixtures", "keep", "stream", "node"],
  programs: ["write", "fixtures", "keep", "stream", "node"],
};

/** The command's options. @throws UsageError where one of them would be ignored. */
export function readOptions(words: readonly string[]): { readonly mode: Mode; readonly values: Values } {
  const { values, tokens } = parsed([...words]);
  const given = new Set(tokens.flatMap((token) => (token.kind === "option" ? [token.name as OptionName] : [])));
  const frames = Number(values.frames);
  if (!Number.isSafeInteger(frames) || (given.has("frames") && frames < 1)) {
    throw new UsageError(`--frames ${values.frames}: give the number of frames, 1 or more`);
  }
  const asking = (["faults", "frames", "corpus", "gstreamer"] as const).find((name) => given.has(name));
  const mode = asking === undefined ? "programs" : asking === "frames" ? "faults" : asking;
  for (const name of given) {
    if (optionsOf[mode].includes(name)) continue;
    const others = (Object.keys(optionsOf) as Mode[]).filter((each) => optionsOf[each].includes(name));
    const why =
      asking === undefined
        ? `without ${others.map((each) => `--${each}`).join(" or ")}`
        : `with --${asking}: leave out one of the two`;
    throw new UsageError(`--${name} means nothing ${why}`);
  }
  return { mode, values };
}
