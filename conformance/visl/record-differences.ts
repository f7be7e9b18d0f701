import type { ResolvedRequest } from "../../src/record/lines.ts";
import { type RequestRecord, resolveRequests } from "../../src/record/read.ts";
import { controlByName, payloadLeaves } from "../../src/uapi/index.ts";

/** At most so many lines: a shifted record differs everywhere. */
const limit = 10;

/**
 * How the requests of two records of one program differ: timestamps, OUTPUT buffers, the controls in effect. Which lines set a
 * control is not compared, nor are the menus of the modes, which the headers name.
 */
export function recordDifferences(golden: RequestRecord, made: RequestRecord): string[] {
  const a = [...resolveRequests(golden)];
  const b = [...resolveRequests(made)];
  const lines = a.length === b.length ? [] : [`${a.length} requests before, ${b.length} now`];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    lines.push(...requestDifferences(a[i]!, b[i]!).map((line) => `request ${i}: ${line}`));
  }
  return lines.length <= limit ? lines : [...lines.slice(0, limit), `… and ${lines.length - limit} more`];
}

function requestDifferences(a: ResolvedRequest, b: ResolvedRequest): string[] {
  const lines: string[] = [];
  const compare = (what: string, before: unknown, now: unknown): void => {
    if (before !== now) lines.push(`${what}: ${before} before, ${now} now`);
  };
  compare("timestamp", a.timestamp, b.timestamp);
  compare("bytes", a.bitstream.bytes, b.bitstream.bytes);
  compare("crc32", a.bitstream.crc32?.toString(16), b.bitstream.crc32?.toString(16));
  for (const name of new Set([...a.controls.keys(), ...b.controls.keys()])) {
    if (controlByName(name)?.type === "menu") continue;
    const [before, now] = [leaves(name, a), leaves(name, b)];
    for (const path of new Set([...before.keys(), ...now.keys()])) {
      compare(path === "" ? name : `${name} ${path}`, before.get(path), now.get(path));
    }
  }
  return lines;
}

/** The integers of a request's control by their paths. */
function leaves(name: string, { controls }: ResolvedRequest): ReadonlyMap<string, number | bigint> {
  const payload = controls.get(name);
  const definition = controlByName(name);
  if (!(payload instanceof Uint8Array) || definition === undefined || definition.type === "menu") return new Map();
  return new Map(payloadLeaves(definition, payload).map(({ path, value }) => [path, value]));
}
