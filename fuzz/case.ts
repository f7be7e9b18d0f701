/** What a fuzz target is given: a list of pieces and a few options. Everything is data, so that a case can be stored and made smaller. */

import { createHash } from "node:crypto";

export type OptionValue = string | number | boolean;

/** A step: what is done, and with which bytes. */
export interface Piece {
  readonly call: string;
  readonly bytes: Uint8Array;
}

export interface Case {
  /** Only those that differ from the defaults. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly pieces: readonly Piece[];
}

/** How much of a case is looked at: `quick` runs it once, `full` compares runs, `deep` also measures memory. */
export type Effort = "quick" | "full" | "deep";

export interface Target {
  readonly name: string;
  /** What a piece may do; the first is what pieces of bytes do. Those of `bare` have no bytes of their own. */
  readonly calls: readonly string[];
  readonly bare: readonly string[];
  /** The values of each option. The first is the default. */
  readonly choices: Readonly<Record<string, readonly OptionValue[]>>;
  seeds(): Case[] | Promise<Case[]>;
  /** Reads what the pieces of a case mean, for `rewrite`: called once for each case that is changed often. */
  learn?(input: Case): void;
  /** A piece changed by someone who knows what its bytes mean; undefined where there is nothing to change. */
  rewrite(base: Case, at: number, random: Below): Uint8Array | undefined;
  /** What is wrong. What it throws is wrong too. */
  flaws(input: Case, effort: Effort): string[] | Promise<string[]>;
}

/** Numbers below a limit. */
export interface Below {
  below(limit: number): number;
}

/** How many bytes the pieces have. */
export function sizeOf({ pieces }: Case): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** The pieces with another one at a place. */
export function withPiece(pieces: readonly Piece[], at: number, piece: Piece): Piece[] {
  return pieces.map((old, i) => (i === at ? piece : old));
}

/** A case as a line of JSON. */
export function toText({ options, pieces }: Case): string {
  const lines = pieces.map(({ call, bytes }) => [call, Buffer.from(bytes).toString("base64")]);
  return `${JSON.stringify({ options, pieces: lines })}\n`;
}

/** @throws SyntaxError, TypeError where the text is no case. */
export function fromText(text: string): Case {
  const { options, pieces } = JSON.parse(text) as {
    options: Record<string, OptionValue>;
    pieces: readonly (readonly [string, string])[];
  };
  return {
    options,
    pieces: pieces.map(([call, base64]) => ({ call, bytes: new Uint8Array(Buffer.from(base64, "base64")) })),
  };
}

/** Room for a case of which a process says, before it runs it, that it comes. */
const told = Buffer.alloc(1 << 18);

/** A case as bytes, which are valid until the next call: much faster than its text. */
export function toBytes({ options, pieces }: Case): Uint8Array {
  const sizes = pieces.map(({ call, bytes }) => [call, bytes.length]);
  let at = 4 + told.write(JSON.stringify({ options, sizes }), 4);
  told.writeUInt32LE(at);
  for (const { bytes } of pieces) {
    told.set(bytes, at);
    at += bytes.length;
  }
  return told.subarray(0, at);
}

export function fromBytes(bytes: Uint8Array): Case {
  let at = Buffer.from(bytes).readUInt32LE();
  const { options, sizes } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at))) as {
    options: Record<string, OptionValue>;
    sizes: readonly (readonly [string, number])[];
  };
  const pieces = sizes.map(([call, size]) => {
    at += size;
    return { call, bytes: bytes.slice(at - size, at) };
  });
  return { options, pieces };
}

/** A name for a case: the same for the same case. */
export function nameOf(input: Case): string {
  return createHash("sha1").update(toText(input)).digest("hex").slice(0, 16);
}

/** What a thrown value says, without the numbers of the one case: equal for the same fault. */
export function kindOf(flaw: string): string {
  return flaw
    .replace(/\b[0-9a-f]{16,}\b/g, "@")
    .replace(/\d+/g, "#")
    .split("\n")
    .slice(0, 2)
    .join(" ")
    .slice(0, 160);
}
