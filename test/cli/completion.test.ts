import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completionScript } from "../../src/cli/completion.ts";
import { commands, optionsOf, shells } from "../../src/cli/options.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { run } from "./command-line.ts";

const folder = temporaryFolder();

const has = (program: string) => spawnSync(program, ["--version"]).error === undefined;
const scripts = Object.fromEntries(
  shells.map((shell) => {
    const path = join(folder, `completion.${shell}`);
    writeFileSync(path, completionScript(shell));
    return [shell, path];
  }),
);

/** What bash offers for the last of these words. */
function bashOffers(...words: readonly string[]): string[] {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _v4l2_stateless; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["-c", program, "bash", scripts.bash!, "v4l2-stateless", ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return text.split("\n").filter((line) => line !== "");
}

/** What fish offers for the last word of a line. */
function fishOffers(line: string): string[] {
  const program = `source $argv[1]; complete -C $argv[2]`;
  const text = execFileSync("fish", ["--no-config", "-c", program, scripts.fish!, line], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, HOME: folder },
  });
  return text.split("\n").flatMap((offer) => (offer === "" ? [] : [offer.split("\t")[0]!]));
}

/** What zsh shows after a line and two tabs, in a terminal of its own, up to a text that must come. */
function zshOffers(line: string, until: string, load = `compinit -u -D; source ${scripts.zsh}`): string {
  const setUp = `autoload -Uz compinit; ${load}; stty columns 200; LISTMAX=1000; echo SET UP`;
  const program = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell '${setUp}'
zpty -r shell seen '*SET UP*SET UP*'
zpty -w -n shell $'${line}\\t\\t'
zpty -r shell seen '*${line}*${until}*'
print -r -- "$seen"
zpty -d shell`;
  return execFileSync("zsh", ["-f", "-c", program], { cwd: folder, encoding: "utf8", timeout: 20_000 });
}

const longOptions = (command: (typeof commands)[number]) => optionsOf(command).map(([name]) => `--${name}`);

describe("completion", () => {
  it.each(shells)("prints the script for %s", async (shell) => {
    expect(await run(["completion", shell.toUpperCase()])).toEqual({
      status: 0,
      stdout: completionScript(shell),
      stderr: "",
    });
  });

  it("names every command and option, in every shell", () => {
    for (const shell of shells) {
      const script = completionScript(shell);
      for (const command of commands) {
        expect(script).toContain(command);
        for (const [name] of optionsOf(command))
          expect(script).toContain(shell === "fish" ? `-l ${name}` : `--${name}`);
      }
    }
  });
});

describe("in bash", () => {
  it("offers commands, options of the command, and values", () => {
    expect(bashOffers("")).toEqual(expect.arrayContaining([...commands, "help"]));
    expect(bashOffers("in")).toEqual(["inspect"]);
    for (const command of commands) {
      const offered = bashOffers(command, "--");
      if (command !== "completion") expect(offered).toEqual(expect.arrayContaining(longOptions(command)));
    }
    expect(bashOffers("trace", "--")).not.toContain("--target");
    expect(bashOffers("validate", "--target", "rk35")).toEqual([
      "rk3588-av1",
      "rk3566",
      "rk3568",
      "rk3576",
      "rk3588",
      "rk3588s",
    ]);
    expect(bashOffers("inspect", "--codec", "=", "he")).toEqual(["hevc"]);
    expect(bashOffers("inspect", "--errors", "=", "")).toEqual(["first", "all", "only"]);
    expect(bashOffers("completion", "")).toEqual([...shells]);
    expect(bashOffers("record", "completion.f")).toEqual(["completion.fish"]);
    expect(bashOffers("record", "-o", "completion.z")).toEqual(["completion.zsh"]);
  });
});

describe.runIf(has("fish"))("in fish", { tags: "long" }, () => {
  it("offers commands, options of the command, and values", () => {
    expect(fishOffers("v4l2-stateless ")).toEqual(expect.arrayContaining([...commands, "help"]));
    for (const command of commands) {
      expect(fishOffers(`v4l2-stateless ${command} --`).map((offer) => offer.replace(/=$/, ""))).toEqual(
        expect.arrayContaining(longOptions(command)),
      );
    }
    expect(fishOffers("v4l2-stateless trace --t")).toEqual([]);
    expect(fishOffers("v4l2-stateless validate --target rk357")).toEqual(["rk3576"]);
    expect(fishOffers("v4l2-stateless record completion.f")).toEqual(["completion.fish"]);
  });
});

describe.runIf(has("zsh"))("in zsh", { tags: "long" }, () => {
  it("is a script without faults, and offers commands, options and values", () => {
    execFileSync("zsh", ["-n", scripts.zsh!]);
    expect(zshOffers("v4l2-stateless tr", "ace")).toMatch(/trace|tr\S*ace/);
    const options = zshOffers("v4l2-stateless validate --", "--version");
    for (const name of longOptions("validate")) expect(options).toContain(name);
    expect(zshOffers("v4l2-stateless validate --target rk357", "6")).toMatch(/rk357\S*6/);
  });

  it("is a file of fpath, too", () => {
    writeFileSync(join(folder, "_v4l2-stateless"), completionScript("zsh"));
    const load = `fpath=(${folder} $fpath); compinit -u -D`;
    expect(zshOffers("v4l2-stateless tr", "ace", load)).toMatch(/trace|tr\S*ace/);
  });
});
