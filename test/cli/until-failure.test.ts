import { expect, it } from "vitest";
import { fixture, run } from "./command-line.ts";

const encoder = new TextEncoder();

it.each([["inspect"], ["validate"]])(
  "%s writes what comes before the place where a record breaks off",
  async (command) => {
    const { stdout: record } = await run(["record", fixture("h264_mbaff_tff.264")]);
    const lines = record.split("\n");
    const cut = `${lines.slice(0, 6).join("\n")}\n${lines[6]?.slice(0, 20)}`;
    const whole = await run([command, "--json", "-"], { stdin: [encoder.encode(`${lines.slice(0, 6).join("\n")}\n`)] });
    const broken = await run([command, "--json", "-"], { stdin: [encoder.encode(cut)] });
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain("line 7: ");
    const isResult = (line: string) => line.includes('"type":"result"');
    const rows = (text: string) => text.split("\n").filter((line) => !isResult(line));
    expect(rows(broken.stdout)).toEqual(rows(whole.stdout));
    expect(rows(whole.stdout).length).toBeGreaterThan(command === "inspect" ? 3 : 1);
  },
);
