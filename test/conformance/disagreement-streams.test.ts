import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import type { Codec } from "../../src/events.ts";
import { disagreementStreams } from "../../support/streams/disagreement-streams.ts";

const folder = fileURLToPath(new URL("../fixtures/disagreements/", import.meta.url));

describe("the streams that show disagreements", () => {
  it.each(disagreementStreams)(
    "$path is current: npx tsx support/streams/disagreement-streams.ts",
    ({ path, bytes }) => {
      expect(new Uint8Array(readFileSync(folder + path))).toEqual(bytes());
    },
  );

  it.each(disagreementStreams)("$path has pictures", ({ path, bytes }) => {
    expect(decodeStream(path.split("/")[0] as Codec, bytes()).requests).not.toEqual([]);
  });

  it("are all described", () => {
    const text = readFileSync(`${folder}README.md`, "utf8");
    const codecs = readdirSync(folder).filter((name) => name !== "README.md");
    const streams = codecs.flatMap((codec) => readdirSync(folder + codec).map((name) => `${codec}/${name}`));
    expect(streams.filter((path) => !path.endsWith(".br") && !text.includes(`| ${path} |`))).toEqual([]);
  });
});
