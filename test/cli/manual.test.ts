import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { manualPage } from "../../src/cli/manual.ts";
import { commands, optionNames } from "../../src/cli/options.ts";

const page = manualPage("1.2.3");
const has = (program: string) => spawnSync(program, ["-V"]).error === undefined;

describe("the manual page", () => {
  it("has every command and every option", () => {
    for (const command of commands) expect(page).toContain(`\n.B ${command} `.trimEnd());
    for (const name of optionNames) expect(page).toContain(`\\-\\-${name.replace(/-/g, "\\-")}`);
    expect(page).toMatch(/^\.TH V4L2\\-STATELESS 1 .* 1\.2\.3"/);
  });

  it("is what package.json names, and what the build writes", () => {
    const { man, files } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      man: string;
      files: string[];
    };
    expect(man).toBe("./man/v4l2-stateless.1");
    expect(files).toContain("man");
    expect(readFileSync(new URL("../../tsup.config.ts", import.meta.url), "utf8")).toContain('"man/v4l2-stateless.1"');
  });

  it.runIf(has("mandoc"))("has no fault that mandoc knows", () => {
    const { stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "warning"], { input: page, encoding: "utf8" });
    // It has no date: a build of the same sources gives the same page.
    expect(stdout.split("\n").filter((line) => line !== "" && !/missing date|mandoc: see above/.test(line))).toEqual(
      [],
    );
  });

  it.runIf(has("man"))("is shown by man", () => {
    const { stdout, status } = spawnSync("man", ["-l", "-"], {
      input: page,
      encoding: "utf8",
      env: { ...process.env, MANWIDTH: "80", MANPAGER: "cat", LC_ALL: "C.UTF-8", MAN_KEEP_FORMATTING: "" },
    });
    expect(status).toBe(0);
    const plain = stripVTControlCharacters(stdout);
    expect(plain).toMatch(/^SYNOPSIS\n +v4l2-stateless record <input>/m);
    expect(plain).toContain("--decode-mode frame|slice");
  });
});
