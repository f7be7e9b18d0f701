import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { helpText } from "../../src/cli/help.ts";
import { CliError } from "../../src/cli/io.ts";
import { commands } from "../../src/cli/options.ts";
import { RequestSet, SeenRequests } from "../../src/cli/request-set.ts";
import { targets } from "../../src/targets/index.ts";

const refusal = (...argv: string[]): string => {
  try {
    parseArguments(argv);
  } catch (thrown) {
    if (thrown instanceof CliError) return thrown.message;
    throw thrown;
  }
  return "";
};

const numbers = "numbers of requests, 0 or more, like 3, 3..7, 3.., ..7 or 1,4..6;";

describe("parseArguments", () => {
  it("has defaults", () => {
    expect(parseArguments(["record", "a.264"])).toMatchObject({
      command: "record",
      inputs: ["a.264"],
      codec: undefined,
      targetName: undefined,
      session: { decodeMode: undefined, rawControls: false },
      output: "-",
      withData: false,
      errors: "first",
      color: "auto",
      given: new Set(),
    });
  });

  it("takes every option, before and after the input", () => {
    const argv =
      "record --codec h264 --target visl --decode-mode slice --start-code none - --start-at random-access " +
      "--missing-references nearest --output-at C.4.5.3 --raw-controls --kernel 6.1 -o out.jsonl --with-data";
    expect(parseArguments(argv.split(" "))).toMatchObject({
      inputs: ["-"],
      codec: "h264",
      targetName: "visl",
      session: {
        decodeMode: "slice",
        startCode: "none",
        startAt: "random-access",
        missingReferences: "nearest",
        output: "c.4.5.3",
        rawControls: true,
        kernel: "6.1",
      },
      output: "out.jsonl",
      withData: true,
    });
    expect(parseArguments(["inspect", "--request", "12", "a", "--codec", "vp9"])).toMatchObject({
      request: new RequestSet("12"),
      given: new Set(["codec", "request"]),
    });
  });

  it("knows when help or the version is wanted", () => {
    expect(parseArguments(["--help"])).toEqual({ text: "help", command: undefined });
    expect(parseArguments(["trace", "-h"])).toEqual({ text: "help", command: "trace" });
    expect(parseArguments(["help", "trace"])).toEqual({ text: "help", command: "trace" });
    expect(parseArguments(["--version"])).toEqual({ text: "version", command: undefined });
    expect(parseArguments(["-V"])).toEqual({ text: "version", command: undefined });
    expect(parseArguments(["HELP", "Trace"])).toEqual({ text: "help", command: "trace" });
  });

  it("does not mind case, and knows other names of codecs", () => {
    const argv = ["Inspect", "a.264", "--codec", "HEVC", "--target", "RK3588", "--decode-mode", "Slice"];
    expect(parseArguments(argv)).toMatchObject({
      command: "inspect",
      codec: "h265",
      targetName: "rk3588",
      session: { decodeMode: "slice" },
    });
    const codecs = ["avc", "h.264", "H.265", "mpeg-2"].map((codec) => parseArguments(["trace", "a", "--codec", codec]));
    expect(codecs).toMatchObject([{ codec: "h264" }, { codec: "h264" }, { codec: "h265" }, { codec: "mpeg2" }]);
    const driver = parseArguments(["inspect", "a", "--target", "mtk-vcodec-dec"]);
    expect(driver).toMatchObject({ targetName: "mediatek" });
  });

  it.each([
    [[], "a command is missing; see v4l2-stateless --help"],
    [
      ["frob"],
      "unknown command frob; there are record, inspect, validate, diff, trace, explain, capture, import, export, stats, lint, decode, devices, completion",
    ],
    [["inspcet", "a"], "unknown command inspcet; did you mean inspect?"],
    [["help", "nonsense"], `unknown command nonsense; there are ${commands.join(", ")}`],
    [["inspect"], "inspect: name an input; - is standard input"],
    [["inspect", ""], "inspect: name an input; - is standard input"],
    [["record", "a", "-o", ""], "--output is empty"],
    [["record", "a", "b"], "record takes one input; b is too many"],
    [["inspect", "-", "a", "-"], "standard input, -, can be read only once"],
    [["inspect", "--frob", "a"], "unknown option --frob; see v4l2-stateless inspect --help"],
    [
      ["inspect", "--sumary", "a"],
      "unknown option --sumary; did you mean --summary? see v4l2-stateless inspect --help",
    ],
    [
      ["inspect", "-codec", "h264", "a"],
      "unknown option -codec; did you mean --codec? see v4l2-stateless inspect --help",
    ],
    [["record", "--errors", "a"], "record does not take --errors=only; inspect, validate and trace do"],
    [["inspect", "-x", "a"], "unknown option -x; see v4l2-stateless inspect --help"],
    [["inspect", "--with-data", "a"], "inspect does not take --with-data; record, capture and import do"],
    [
      ["trace", "--target", "visl", "a"],
      "trace does not take --target; record, inspect, validate, export, diff and explain do",
    ],
    [
      ["record", "--json", "a"],
      "record does not take --json; inspect, validate, diff, trace, explain, stats, lint and devices do",
    ],
    [
      ["trace", "--decode-mode", "slice", "a"],
      "trace takes --decode-mode only with --request: without it, it has no effect",
    ],
    [["--frob"], "unknown option --frob; see v4l2-stateless --help"],
    [["--codec", "h264", "inspect"], "the command must come first; see v4l2-stateless --help"],
    [["inspect", "a", "--codec"], "--codec needs a value, <codec>; see v4l2-stateless inspect --help"],
    [["inspect", "--codec", "--json", "a"], "--codec needs a value, <codec>; see v4l2-stateless inspect --help"],
    [["decode", "--md5=yes", "a"], '--md5 takes no value; it was given "yes"'],
    [["inspect", "a", "--codec", "jpeg"], "--codec must be one of h264, h265, vp8, vp9, av1, mpeg2, fwht, not jpeg"],
    [
      ["inspect", "a", "--codec", "h246"],
      "--codec must be one of h264, h265, vp8, vp9, av1, mpeg2, fwht, not h246; did you mean h264?",
    ],
    [["inspect", "a", "--target", "x"], expect.stringMatching(/^--target must be one of generic, visl, .* not x$/)],
    [["inspect", "a", "--target", "rk339"], expect.stringMatching(/ not rk339; did you mean rk3399\?$/)],
    [
      ["inspect", "a", "--target", "hantro"],
      expect.stringMatching(/ not hantro, which has several: name hantro-g1, hantro-g2 or rk3588-av1, or the chip$/),
    ],
    [
      ["inspect", "a", "--target", "rkvdec"],
      expect.stringMatching(/ not rkvdec, which has several: name rk3399, vdpu381 or vdpu383, or the chip$/),
    ],
    [["inspect", "a", "--kernel", "six"], "--kernel must be a version like 6.1, not six"],
    [["inspect", "a", "--request", "-1"], `--request must be ${numbers} it is "-1"`],
    [["inspect", "a", "--request=-1"], `--request must be ${numbers} it is "-1"`],
    [["inspect", "a", "--request", "5..3"], `--request must be ${numbers} it is "5..3"`],
    [["inspect", "a", "--request", "1,,2"], `--request must be ${numbers} it is "1,,2"`],
    [["inspect", "a", "--errors", "all"], "write --errors=all; a file of that name is ./all"],
    [["inspect", "a", "--errors=some"], "--errors must be one of first, all, only, not some"],
    [
      ["inspect", "a", "--errors", "--summary"],
      "--errors and --summary cannot both be given: each selects what is printed",
    ],
    [["completion", "tcsh"], "completion: name one shell: bash, zsh, fish"],
  ])("refuses %j in one line", (argv, message) => {
    expect(refusal(...argv)).toEqual(message);
  });
});

describe("helpText", () => {
  it("names every option of a command, and those of no other", () => {
    expect(helpText("record")).toMatch(/-o, --output <file>/);
    expect(helpText("record")).not.toMatch(/--request/);
    expect(helpText("inspect")).toMatch(/--request <numbers>/);
    expect(helpText(undefined)).not.toMatch(/--with-data/);
    for (const { name } of targets) expect(helpText("record")).toMatch(new RegExp(`\\s${name}[,.]`));
  });

  it.each([60, 80, 100, 200])("fits %d columns", (columns) => {
    for (const command of [undefined, ...commands]) {
      for (const line of helpText(command, columns).split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  it("says what the exit status is, and --strict", () => {
    expect(helpText("inspect").replace(/\s+/g, " ")).toContain(
      "or there was an error and --strict was given; 2 unusable",
    );
  });
});

describe("RequestSet", () => {
  it.each([
    ["3", [3]],
    ["3..5", [3, 4, 5]],
    ["..2", [0, 1, 2]],
    ["8..", [8, 9]],
    ["1, 4..5,9", [1, 4, 5, 9]],
  ])("%s", (text, wanted) => {
    const set = new RequestSet(text);
    expect(Array.from({ length: 10 }, (_, i) => i).filter((i) => set.has(i))).toEqual(wanted);
  });

  it("says which part lies beyond the end", () => {
    const seen = new SeenRequests();
    for (let request = 0; request < 7; request++) seen.add(request);
    expect(() => new RequestSet("1,7..9").checkReached("a", seen)).toThrow(
      "a: there is no request 7..9: it has 7 requests, numbers 0 to 6",
    );
    expect(() => new RequestSet("5..9").checkReached("a", seen)).not.toThrow();
  });
});
