import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { helpText } from "../../src/cli/help.ts";
import { CliError } from "../../src/cli/io.ts";
import { generic, targets, visl } from "../../src/targets/index.ts";

const refusal = (...argv: string[]): string => {
  try {
    parseArguments(argv);
  } catch (thrown) {
    if (thrown instanceof CliError) return thrown.message;
    throw thrown;
  }
  return "";
};

describe("parseArguments", () => {
  it("has defaults", () => {
    expect(parseArguments(["record", "a.264"])).toMatchObject({
      command: "record",
      input: "a.264",
      codec: undefined,
      target: generic,
      session: { decodeMode: undefined, rawControls: false },
      output: "-",
      withData: false,
      streamOptions: [],
    });
  });

  it("takes every option, before and after the input", () => {
    const argv =
      "record --codec h264 --target visl --decode-mode slice --start-code none - --start-at random-access " +
      "--missing-references nearest --raw-controls --kernel 6.1 -o out.jsonl --with-data";
    expect(parseArguments(argv.split(" "))).toMatchObject({
      input: "-",
      codec: "h264",
      target: visl,
      session: {
        decodeMode: "slice",
        startCode: "none",
        startAt: "random-access",
        missingReferences: "nearest",
        rawControls: true,
        kernel: "6.1",
      },
      output: "out.jsonl",
      withData: true,
    });
    expect(parseArguments(["inspect", "--request", "12", "a", "--codec", "vp9"])).toMatchObject({
      request: 12,
      streamOptions: ["--codec"],
    });
  });

  it("knows when help or the version is wanted", () => {
    expect(parseArguments(["--help"])).toEqual({ text: "help", command: undefined });
    expect(parseArguments(["trace", "-h"])).toEqual({ text: "help", command: "trace" });
    expect(parseArguments(["help", "trace"])).toEqual({ text: "help", command: "trace" });
    expect(parseArguments(["--version"])).toEqual({ text: "version", command: undefined });
  });

  it.each([
    [[], "a command is missing; see v4l2-stateless --help"],
    [["frob"], "unknown command frob; there are record, inspect, validate, trace, decode, devices"],
    [["inspect"], "inspect: name an input; - is standard input"],
    [["inspect", ""], "inspect: name an input; - is standard input"],
    [["record", "a", "-o", ""], "--output is empty"],
    [["inspect", "a", "b"], "inspect takes one input; b is too many"],
    [["inspect", "--frob", "a"], "Unknown option '--frob'; see v4l2-stateless inspect --help"],
    [["inspect", "--with-data", "a"], "Unknown option '--with-data'; see v4l2-stateless inspect --help"],
    [["--frob"], "Unknown option '--frob'; see v4l2-stateless --help"],
    [["inspect", "a", "--codec"], "Option '--codec <value>' argument missing; see v4l2-stateless inspect --help"],
    [["inspect", "a", "--codec", "av1"], "--codec must be one of h264, h265, vp8, vp9, mpeg2, not av1"],
    [["inspect", "a", "--target", "x"], `--target must be one of ${targets.map(({ name }) => name).join(", ")}, not x`],
    [["inspect", "a", "--kernel", "six"], "--kernel must be a version like 6.1, not six"],
    [
      ["inspect", "a", "--request", "-1"],
      "Option '--request' argument is ambiguous; see v4l2-stateless inspect --help",
    ],
    [["inspect", "a", "--request=-1"], "--request must be a request's number, 0 or more, not -1"],
  ])("refuses %j in one line", (argv, message) => {
    expect(refusal(...argv)).toBe(message);
  });
});

describe("helpText", () => {
  it("names every option of a command, and those of no other", () => {
    expect(helpText("record")).toMatch(/-o, --output <file>/);
    expect(helpText("record")).not.toMatch(/--request/);
    expect(helpText("inspect")).toMatch(/--request <number>/);
    expect(helpText(undefined)).not.toMatch(/--with-data/);
    for (const { name } of targets) expect(helpText("record")).toContain(` ${name}`);
  });

  it("fits a terminal", () => {
    for (const command of [undefined, "record", "inspect", "validate", "trace"] as const) {
      for (const line of helpText(command).split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    }
  });
});
