import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { run } from "../cli/command-line.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The commands of README.md that a block with their output follows. */
const shown = [
  ...readme.matchAll(/^```sh\nnpx v4l2-stateless ([^\n|]*)(?: \| (head|tail) -(\d+))?\n```\n\n```\n(.*?)^```/gms),
];

describe("README.md shows what the commands print", () => {
  it.each(shown.map(([, command, part, lines, output]) => ({ command, part, lines, output })))(
    "$command",
    async ({ command, part, lines, output }) => {
      const { status, stdout } = await run((command as string).split(" "));
      const printed = stdout.trimEnd().split("\n");
      const count = Number(lines ?? printed.length);
      const wanted = part === "tail" ? printed.slice(-count) : printed.slice(0, count);
      // The inputs of diff are different.
      expect(status).toBe(command?.startsWith("diff ") ? 1 : 0);
      expect(output?.trimEnd().split("\n")).toEqual(wanted);
    },
  );

  it("shows six of them", () => {
    expect(shown.length).toBe(6);
  });
});
