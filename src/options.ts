import type { Trace } from "./bitreader/index.ts";
import { traceOf } from "./bitreader/trace.ts";
import type { DecodeMode, StartCode } from "./uapi/modes.ts";

/**
 * How a session works. Every option has a default. A value that an option cannot have, and a name that no option has, is a TypeError
 * when the session is opened.
 */
export interface SessionOptions {
  /** `"frame"`: a request for each frame or field. `"slice"`: one for each slice. Without effect on VP8, VP9, MPEG-2, FWHT. Default `"frame"`. */
  readonly decodeMode?: DecodeMode | undefined;
  /**
   * The bytes before each slice in the OUTPUT buffer: `"annexb"`: 00 00 01, `"none"`: nothing. Without effect on VP8, VP9,
   * MPEG-2, FWHT. Default `"annexb"`.
   */
  readonly startCode?: StartCode | undefined;
  /**
   * The first picture to decode: `"any"`: the first with known parameter sets, `"random-access"`: the first random access
   * point. Default `"any"`.
   */
  readonly startAt?: "any" | "random-access" | undefined;
  /**
   * What to do about a reference that the decoder does not have. `"mark"`: leave it out of the DPB array. `"nearest"`: let list
   * entries point to the picture with the nearest POC. `"drop"`: make no request for the picture, nor for those that follow it,
   * until the next random access point. Default `"mark"`.
   */
  readonly missingReferences?: "mark" | "nearest" | "drop" | undefined;
  /**
   * When an H.264 picture is output. `"earliest"`: as soon as the stream says that no later picture can precede it.
   * `"c.4.5.3"`: when the decoded picture buffer is full, as in C.4.5.3. Pictures that still wait there when an IDR picture has
   * no_output_of_prior_pics_flag are never output. Both give the same order. Without effect on other codecs, which have no such
   * delay. Default `"earliest"`.
   */
  readonly output?: "earliest" | "c.4.5.3" | undefined;
  /**
   * The operating point of an AV1 stream with layers, from 0, which has all of them, to 31. OBUs of other layers are dropped. Where a
   * sequence has no such operating point, 0 is taken. Without effect on other codecs. Default 0.
   */
  readonly operatingPoint?: number | undefined;
  /** Leave the payloads as they are before the kernel's own rewriting (std_validate_compound). Default false. */
  readonly rawControls?: boolean | undefined;
  /** The target's kernel, `"6.1"`: controls that it lacks are left out. Default: no control is left out. */
  readonly kernel?: string | undefined;
  /**
   * Receives every syntax element that the session reads. It should throw nothing: what it throws, the session's call throws, and `reset`
   * must come then. A BitstreamError or UnsupportedError counts as one of the unit that is read.
   */
  readonly trace?: Trace | undefined;
}

/** SessionOptions with every default filled in. */
export interface ResolvedOptions {
  readonly decodeMode: DecodeMode;
  readonly startCode: StartCode;
  readonly startAt: "any" | "random-access";
  readonly missingReferences: "mark" | "nearest" | "drop";
  readonly output: "earliest" | "c.4.5.3";
  readonly operatingPoint: number;
  readonly rawControls: boolean;
  /** Whether the target's kernel has a control. */
  readonly has: (control: { readonly since: string }) => boolean;
  readonly trace: Trace | undefined;
}

/** A value for a message. */
export function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "object" ? JSON.stringify(value) : String(value);
}

function choice<T extends string>(name: string, value: T | undefined, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  if (choices.includes(value)) return value;
  throw new TypeError(
    `${name} is ${shown(value)}; it must be ${choices.map((text) => JSON.stringify(text)).join(" or ")}`,
  );
}

function kernelVersion(version: unknown): [number, number] {
  const match = typeof version === "string" ? /^(\d+)\.(\d+)(\.|-|$)/.exec(version) : null;
  if (!match) throw new TypeError(`kernel is ${shown(version)}; it must be a version like "6.1"`);
  return [Number(match[1]), Number(match[2])];
}

/**
 * Fills in the defaults.
 *
 * @throws TypeError where an option has a value that it cannot have, or a name that none has.
 */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  const trace = traceOf(options);
  const {
    decodeMode,
    startCode,
    startAt,
    missingReferences,
    output,
    operatingPoint = 0,
    rawControls = false,
    kernel,
    trace: _,
    ...unknown
  } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new TypeError(`there is no option ${name}; see SessionOptions`);
  if (!Number.isInteger(operatingPoint) || operatingPoint < 0 || operatingPoint > 31) {
    throw new TypeError(`operatingPoint is ${shown(operatingPoint)}; it must be a whole number from 0 to 31`);
  }
  if (typeof rawControls !== "boolean") throw new TypeError("rawControls must be true or false");
  const target = kernel === undefined ? null : kernelVersion(kernel);
  return {
    decodeMode: choice("decodeMode", decodeMode, ["frame", "slice"]),
    startCode: choice("startCode", startCode, ["annexb", "none"]),
    startAt: choice("startAt", startAt, ["any", "random-access"]),
    missingReferences: choice("missingReferences", missingReferences, ["mark", "nearest", "drop"]),
    output: choice("output", output, ["earliest", "c.4.5.3"]),
    operatingPoint,
    rawControls,
    has: ({ since }) => {
      if (target === null) return true;
      const [major, minor] = kernelVersion(since);
      return major < target[0] || (major === target[0] && minor <= target[1]);
    },
    trace,
  };
}
