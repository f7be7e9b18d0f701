/**
 * What a sample of variants shows of each node and codec, compared with what is known: what the targets claim, what trials.json says
 * that no trial confirmed, and what sample.json says that this one request does not exercise.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { evidenceOf, targetByName } from "../../../src/targets/index.ts";
import type { Findings } from "./trials.ts";

/** The claimed fields that have no effect in the sample's request: `"rk3399-vdec h264 V4L2_CID_STATELESS_H264_SPS.profile_idc"`. */
type Sample = readonly string[];

const path = new URL("sample.json", import.meta.url);
const readSample = (): Sample => JSON.parse(readFileSync(path, "utf8")) as Sample;

/** A field or flag with the claim that it belongs to: targets claim some flags together, as the field `flags`. */
export const withoutFlag = (field: string) => field.replace(/\.V4L2_\w+$/, "");

const keyOf = ({ node, codec }: Findings) => `${node.name} ${codec}`;

interface Claims {
  readonly all: readonly string[];
  readonly has: (field: string) => boolean;
  /** The trials' reason why this field is not confirmed; undefined where it is. */
  readonly unconfirmed: (field: string) => string | undefined;
}

function claimsOf({ node, codec }: Findings): Claims {
  const target = targetByName(node.target)!;
  const { reads } = target.codecs[codec]!;
  const all = reads === "all" ? [] : reads;
  return {
    all,
    has: (field) => all.includes(field) || all.includes(withoutFlag(field)),
    unconfirmed: (field) => evidenceOf(target, codec, field)?.reason,
  };
}

const isSeen = (fields: Iterable<string>, claim: string) =>
  [...fields].some((field) => field === claim || withoutFlag(field) === claim);

/** The claimed fields that were changed, and had no effect. */
function idleClaims(claims: Claims, { read, idle }: Findings): string[] {
  return claims.all.filter((claim) => isSeen(idle, claim) && !isSeen(read.keys(), claim)).sort();
}

/** Writes what was sampled; what it says of other nodes and codecs stays. */
export function writeSample(all: readonly Findings[]): void {
  const others = readSample().filter((line) => !all.some((found) => line.startsWith(`${keyOf(found)} `)));
  const own = all.flatMap((found) => {
    const claims = claimsOf(found);
    const unexpected = idleClaims(claims, found).filter((claim) => claims.unconfirmed(claim) === undefined);
    return unexpected.map((claim) => `${keyOf(found)} ${claim}`);
  });
  writeFileSync(path, `${JSON.stringify([...others, ...own].sort(), null, 2)}\n`);
}

/** A line for each field whose outcome contradicts what is known. */
export function sampleDifferences(all: readonly Findings[]): string[] {
  const sample = readSample();
  return all.flatMap((found) => {
    const key = keyOf(found);
    const claims = claimsOf(found);
    const known = sample.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
    const lines: string[] = [];
    for (const [field, how] of found.read) {
      const reason = claims.unconfirmed(field);
      if (!claims.has(field)) lines.push(`${key}: ${field} is read and not claimed: ${how}`);
      else if (reason !== undefined) lines.push(`${key}: ${field} is read, and trials.json says: ${reason}`);
    }
    for (const claim of idleClaims(claims, found)) {
      if (!known.includes(claim) && claims.unconfirmed(claim) === undefined)
        lines.push(`${key}: ${claim} is claimed and confirmed, and has no effect`);
    }
    for (const claim of known) {
      if (isSeen(found.read.keys(), claim)) lines.push(`${key}: ${claim} is read, and sample.json says that it is not`);
      else if (!isSeen(found.idle, claim)) lines.push(`${key}: ${claim} is in sample.json and was not tried`);
    }
    return lines;
  });
}
