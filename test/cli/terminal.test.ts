import { afterEach, describe, expect, it, vi } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { alignRow, Progress, printable, styleFor } from "../../src/cli/printing/terminal.ts";

function io({ stdout = false, stderr = false, environment = {} }): Io & { readonly written: string[] } {
  const written: string[] = [];
  const sink = (isTerminal: boolean) => ({ isTerminal, write: async (text: string) => void written.push(text) });
  return {
    stdin: (async function* () {})(),
    stdout: sink(stdout),
    stderr: sink(stderr),
    environment,
    importContainerLibrary: () => import("mediabunny"),
    written,
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("styleFor", () => {
  it("paints only for a terminal without NO_COLOR", () => {
    expect(styleFor(io({ stdout: true })).red("x")).toBe("\u001b[31mx\u001b[39m");
    expect(styleFor(io({ stdout: true, environment: { NO_COLOR: "" } })).red("x")).toBe("\u001b[31mx\u001b[39m");
    expect(styleFor(io({ stdout: true, environment: { NO_COLOR: "1" } })).red("x")).toBe("x");
    expect(styleFor(io({})).red("x")).toBe("x");
  });
});

describe("alignRow", () => {
  const columns = [
    { title: "n", align: "right", width: 3 },
    { title: "name", align: "left", width: 0 },
  ] as const;

  it("fills up to the width or the title, and leaves no blanks at the end", () => {
    expect(alignRow(columns, ["1", "ab"])).toBe("  1  ab");
    expect(alignRow(columns, ["1", ""])).toBe("  1");
    expect(alignRow(columns, ["12345", "ab"])).toBe("12345  ab");
  });

  it("does not count colours as width", () => {
    expect(alignRow(columns, ["1", "ab"], [(text) => `<${text}>`])).toBe("<  1>  ab");
  });
});

describe("printable", () => {
  it("shows control characters", () => {
    expect(printable("a\u001b[0m\n\u009bé")).toBe("a\\x1b[0m\\x0a\\x9bé");
  });
});

describe("Progress", () => {
  it("shows up on a terminal after a second, and goes away", async () => {
    vi.useFakeTimers({ now: 0 });
    const terminal = io({ stderr: true });
    const progress = new Progress(terminal, 4_000_000);
    await progress.advance(1_000_000);
    vi.setSystemTime(1000);
    await progress.advance(1_000_000);
    vi.setSystemTime(1100);
    await progress.advance(1_000_000);
    await progress.clear();
    await progress.clear();
    expect(terminal.written).toEqual(["\r2.0 MB, 50 %\u001b[K", "\r\u001b[K"]);
  });

  it("shows up beside a terminal for output, where nothing is printed meanwhile", async () => {
    vi.useFakeTimers({ now: 0 });
    const terminal = io({ stdout: true, stderr: true });
    const progress = new Progress(terminal, undefined, true);
    vi.setSystemTime(1000);
    await progress.advance(1_000_000);
    expect(terminal.written).toEqual(["\r1.0 MB\u001b[K"]);
  });

  it("never shows up elsewhere", async () => {
    vi.useFakeTimers({ now: 0 });
    for (const elsewhere of [io({}), io({ stdout: true, stderr: true })]) {
      const progress = new Progress(elsewhere, undefined);
      vi.setSystemTime(5000);
      await progress.advance(1);
      await progress.clear();
      expect(elsewhere.written).toEqual([]);
    }
  });
});
