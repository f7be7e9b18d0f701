/** Processor time per frame of the public session against C parsers, in processes that take turns. */

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Clip } from "./clips.ts";
import type { BuiltPeer, Measured } from "./peers.ts";

const ours = fileURLToPath(new URL("ours.ts", import.meta.url));
const tsx = createRequire(import.meta.url).resolve("tsx/cli");

function measured(command: string, args: readonly string[]): Measured {
  return JSON.parse(execFileSync(command, [...args], { encoding: "utf8" })) as Measured;
}

/** Median, smallest and largest. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (i: number) => sorted[i] as number;
  return { median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1) };
}

/** What both sides count and do not count the same; a ratio of their times would compare different work. */
export function countsThatDiffer(peer: Measured, own: Measured): string[] {
  return (["frames", "requestBytes", "headerBits"] as const)
    .filter((key) => (key === "frames" || peer[key] !== 0) && peer[key] !== own[key])
    .map((key) => `${key}: ${peer[key]}, ours ${own[key]}`);
}

/** Compares a clip with each peer that reads its codec, and prints a row for each; a row of our own where there is none. */
export function compareSpeed(clip: Clip, peers: readonly BuiltPeer[], rounds: number, passes: number): void {
  const args = [clip.codec, clip.path, String(clip.repeat), String(passes)];
  const readers = peers.filter(({ codecs }) => codecs.includes(clip.codec));
  const runOurs = () => measured(process.execPath, [tsx, ours, ...args]);
  if (readers.length === 0) {
    const own = Array.from({ length: rounds }, runOurs);
    console.log(`| ${clip.name} | none | | ${timesText(own.map(perFrame))} | | ${timesText(own.map(firstPerFrame))} |`);
  }
  for (const peer of readers) {
    const peerTimes: number[] = [];
    const ownTimes: number[] = [];
    const firstTimes: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const theirs = measured(peer.program, args);
      const own = runOurs();
      const different = countsThatDiffer(theirs, own);
      if (different.length > 0) {
        console.log(`${clip.name}, ${peer.name}: no ratio, both sides did not find the same: ${different.join("; ")}`);
        return;
      }
      peerTimes.push(perFrame(theirs));
      ownTimes.push(perFrame(own));
      firstTimes.push(firstPerFrame(own));
      ratios.push(theirs.seconds / own.seconds);
    }
    console.log(
      `| ${clip.name} | ${peer.name} | ${timesText(peerTimes)} | ${timesText(ownTimes)} | ${timesText(ratios)} | ${timesText(firstTimes)} |`,
    );
  }
}

const perFrame = ({ seconds, frames }: Measured) => (1e6 * seconds) / frames;
const firstPerFrame = ({ firstSeconds = NaN, frames }: Measured) => (1e6 * firstSeconds) / frames;

/** `"5.10 (4.80–5.92)"` */
export function timesText(values: readonly number[]): string {
  const { median, min, max } = spread(values);
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
