import { expect, it } from "vitest";
import { kernelHeader } from "../../conformance/header/kernel-header.ts";

it("agrees with this machine's kernel header, where there is one", async () => {
  const { ok, lines } = await kernelHeader();
  expect(ok, lines.join("\n")).toBe(true);
});

it("says so in one line, and does not fail, without a compiler", async () => {
  const path = process.env.PATH;
  process.env.PATH = "";
  try {
    expect(await kernelHeader()).toEqual({
      ok: true,
      facts: 0,
      lines: ["kernel header not checked: no C compiler called cc"],
    });
  } finally {
    process.env.PATH = path;
  }
});
