import type { DriverRun } from "./trace-log.ts";

/** A reference as it is drawn. */
export interface DrawnReference {
  /** `"backward_ref_ts"`, or `"dpb"` for each entry of a DPB. */
  readonly name: string;
  readonly timestamp: bigint;
}

/** A queue's format as it is drawn. */
export interface DrawnFormat {
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  readonly planes: readonly { readonly bytesPerLine: number; readonly sizeImage: number }[];
}

/** What visl draws on a CAPTURE buffer (visl_tpg_fill), as data. */
export interface Drawing {
  /** Of the CAPTURE queue: the requests since it was started. */
  readonly sequence: number;
  readonly timestamp: bigint;
  readonly field: string;
  /** H.264's pic_order_cnt_lsb, HEVC's pic_order_cnt_val. */
  readonly order: string | undefined;
  readonly references: readonly DrawnReference[];
  readonly output: DrawnFormat;
  readonly capture: DrawnFormat;
}

/** @throws Error for a line that is none of visl_tpg_fill's. */
export function parseDrawing(lines: readonly string[]): Drawing {
  const [first = "", ...rest] = lines.filter((line) => line !== "");
  const start = matched(/^sequence:(\d+) timestamp:(\d+) field:(.*)$/, first);
  const order = /^(?:H264|HEVC): /.test(rest[0] ?? "") ? rest.shift() : undefined;
  const head = rest.shift();
  if (head !== "Reference frames:") throw new Error(`drawn instead of the references: ${head}`);
  const end = rest.findIndex((line) => line.startsWith("OUTPUT "));
  const next = rest.findIndex((line) => line.startsWith("CAPTURE "));
  return {
    sequence: Number(start[1]),
    timestamp: BigInt(start[2]!),
    field: start[3]!,
    order,
    references: rest.slice(0, end).map(parseReference),
    output: parseFormat(rest.slice(end, next)),
    capture: parseFormat(rest.slice(next)),
  };
}

function parseReference(line: string): DrawnReference {
  const [, name, timestamp] = matched(/^(dpb|\w+_ref_ts)(?:\[\d+\])?: ?(-?\d+)$/, line);
  return { name: name!, timestamp: BigInt(timestamp!) };
}

function parseFormat([first = "", ...planes]: readonly string[]): DrawnFormat {
  const [, pixelFormat, width, height, count] = matched(
    /^(?:OUTPUT|CAPTURE) pixelformat: (.{4}), resolution: (\d+)x(\d+), num_planes: (\d+)$/,
    first,
  );
  if (planes.length !== Number(count)) throw new Error(`${planes.length} planes drawn of ${count}`);
  return {
    pixelFormat: pixelFormat!,
    width: Number(width),
    height: Number(height),
    planes: planes.map((line) => {
      const [, bytesPerLine, sizeImage] = matched(/^plane\[\d+\]: bytesperline: (\d+), sizeimage: (\d+)$/, line);
      return { bytesPerLine: Number(bytesPerLine), sizeImage: Number(sizeImage) };
    }),
  };
}

function matched(pattern: RegExp, line: string): RegExpExecArray {
  const match = pattern.exec(line);
  if (match === null) throw new Error(`drawn, and not understood: ${line}`);
  return match;
}

/**
 * The drawings of a stream in words that do not depend on how a program numbers its pictures: a timestamp becomes the ordinal
 * of its picture, counted by first requests; what names no earlier picture is none; of a DPB the entries in use, in the pictures' order.
 */
export function comparableDrawings(runs: readonly DriverRun[]): string[] {
  const ordinals = new Map<bigint, number>();
  return runs.map((run) => {
    const { sequence, timestamp, field, order, references, output, capture } = parseDrawing(run.drawn);
    const earlier = new Map(ordinals);
    if (!ordinals.has(timestamp)) ordinals.set(timestamp, ordinals.size);
    const picture = (reference: bigint): number | undefined => earlier.get(BigInt.asUintN(64, reference));
    const named = references
      .filter(({ name }) => name !== "dpb")
      .map(({ name, timestamp }) => `${name} ${picture(timestamp) ?? "none"}`);
    const used = entriesInUse(run);
    const dpb = references
      .filter(({ name }, i) => name === "dpb" && used[i])
      .flatMap(({ timestamp }) => picture(timestamp) ?? [])
      .sort((a, b) => a - b);
    return [
      `sequence ${sequence} picture ${ordinals.get(timestamp)} field ${field}`,
      ...(order === undefined ? [] : [order]),
      ...named,
      ...(used.length > 0 ? [`dpb ${dpb.join(" ") || "empty"}`] : []),
      `OUTPUT ${JSON.stringify(output)}`,
      `CAPTURE ${JSON.stringify(capture)}`,
    ].join(", ");
  });
}

/**
 * Which entries of the DPB hold a picture. The drawing does not tell an unused entry, whose timestamp is 0, from one that names a
 * picture with timestamp 0; the driver's trace of the same request does. Empty for codecs without a DPB.
 */
function entriesInUse({ events }: DriverRun): boolean[] {
  const parameters = events.find(({ name }) => name === "v4l2_ctrl_hevc_decode_params");
  const active = Number(/^num_active_dpb_entries (\d+)$/m.exec(parameters?.text ?? "")?.[1]);
  const hevc = events.filter(({ name }) => name === "v4l2_hevc_dpb_entry").map((_, i) => i < active);
  const h264 = events
    .filter(({ name }) => name === "v4l2_h264_dpb_entry")
    .map(({ text }) => /flags VALID\b/.test(text));
  return [...hevc, ...h264];
}

/** Where two programs' drawings differ: one line a request. */
export function drawingDifferences(ours: readonly DriverRun[], theirs: readonly DriverRun[]): string[] {
  const [a, b] = [comparableDrawings(ours), comparableDrawings(theirs)];
  const lines = a.length === b.length ? [] : [`${a.length} requests, GStreamer made ${b.length}`];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) lines.push(`request ${i}: drawn ${a[i]}; of GStreamer's ${b[i]}`);
  }
  return lines;
}
