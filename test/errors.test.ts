import { describe, expect, it } from "vitest";
import { BitstreamError, errorCodes, StreamError, UnsupportedError } from "../src/index.ts";

describe("the errors of streams", () => {
  it("have one base class and keep their own names", () => {
    const broken = new BitstreamError("cut-off", "the unit ends here", {
      unit: "sei_rbsp",
      element: "ff_byte",
      bit: 8,
    });
    const unsupported = new UnsupportedError("scrambled", "the stream is scrambled");
    for (const error of [broken, unsupported]) expect(error).toBeInstanceOf(StreamError);
    expect(String(broken)).toBe("BitstreamError: sei_rbsp, ff_byte, bit 8: the unit ends here");
    expect(String(unsupported)).toBe("UnsupportedError: the stream is scrambled");
    expect(broken.reason).toBe("the unit ends here");
    expect(broken.cause).toBeUndefined(); // ES2022's own, which is an error that led to this one
  });

  it("have the kind under which errorCodes lists their code", () => {
    for (const [kind, codes] of Object.entries(errorCodes)) {
      for (const code of Object.keys(codes)) {
        const error =
          kind === "unsupported" ? new UnsupportedError(code as never, "") : new BitstreamError(code as never, "");
        expect([error.code, error.kind]).toEqual([code, kind]);
      }
    }
  });

  it("have each code once, with a sentence that says what it means", () => {
    const all = Object.values(errorCodes).flatMap((codes) => Object.entries<string>(codes));
    expect(new Set(all.map(([code]) => code)).size).toBe(all.length);
    for (const [code, text] of all) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(text).toMatch(/^[A-Z].*\.$/);
    }
  });
});
