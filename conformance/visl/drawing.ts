import type { DriverRun } from "./trace-log.ts";

/** A reference as it is drawn. */
export interface DrawnReference {
  /** `"backward_ref_ts"`, `"ref_last_ts"`, or `"dpb"` for each entry of a DPB. */
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
  const [, name, timestamp] = matched(/^(dpb|\w+_ref_ts|ref_\w+_ts)(?:\[\d+\])?: ?(-?\d+)$/, line);
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

/** A drawing in words that do not depend on how a program numbers its pictures, nor on how it sizes its buffers. */
type ComparableDrawing = Readonly<Record<string, string>>;

/**
 * The drawings of a stream: a timestamp becomes the ordinal of its picture, counted by first requests; what names no earlier picture,
 * or stands in an intra picture, is none; of a DPB the entries in use, in the pictures' order.
 *
 * @param intra requests of intra pictures whose trace does not say so.
 */
function comparableDrawings(runs: readonly DriverRun[], intra: ReadonlySet<number>): ComparableDrawing[] {
  const ordinals = new Map<bigint, number>();
  return runs.map((run, i) => {
    const drawing = parseDrawing(run.drawn);
    const earlier = new Map(ordinals);
    if (!ordinals.has(drawing.timestamp)) ordinals.set(drawing.timestamp, ordinals.size);
    const picture = (reference: bigint): number | undefined => earlier.get(BigInt.asUintN(64, reference));
    const refers = !intra.has(i) && !isIntraPicture(run);
    const named = drawing.references.filter(({ name }) => name !== "dpb");
    const used = entriesInUse(run);
    const dpb = drawing.references
      .filter(({ name }, i) => name === "dpb" && used[i])
      .flatMap(({ timestamp }) => picture(timestamp) ?? [])
      .sort((a, b) => a - b);
    return {
      sequence: String(drawing.sequence),
      picture: String(ordinals.get(drawing.timestamp)),
      field: drawing.field,
      order: drawing.order ?? "none",
      ...Object.fromEntries(
        named.map(({ name, timestamp }) => [name, refers ? String(picture(timestamp) ?? "none") : "none"]),
      ),
      dpb: dpb.join(" "),
      ...comparableFormats(run, drawing),
    };
  });
}

/**
 * The formats of both queues. The size of OUTPUT buffers is left out: any that holds the longest request is right. So are strides and
 * sizes of CAPTURE buffers, which the driver makes from the resolution.
 */
function comparableFormats(run: DriverRun, { output, capture }: Drawing): ComparableDrawing {
  const [width, height] = codingUnits(run);
  const text = (format: DrawnFormat): string => {
    const size = `${roundUp(format.width, width)}x${roundUp(format.height, height)}`;
    return `${format.pixelFormat} ${size}, planes: ${format.planes.length}`;
  };
  return { OUTPUT: text(output), CAPTURE: text(capture) };
}

/**
 * What the coded size is a multiple of. GStreamer gives the driver the size that the header has; a decoder writes whole blocks (RFC
 * 6386, 2; VP9 specification, 7.2.6; ISO/IEC 13818-2, 6.3.3: of an interlaced sequence, pairs of macroblocks), and that is the coded
 * size that we give it.
 */
function codingUnits({ events }: DriverRun): readonly [width: number, height: number] {
  if (events.some(({ name }) => name === "v4l2_ctrl_vp8_frame")) return [16, 16];
  if (events.some(({ name }) => name === "v4l2_ctrl_vp9_frame" || name === "v4l2_ctrl_av1_frame")) return [8, 8];
  const sequence = events.find(({ name }) => name === "v4l2_ctrl_mpeg2_sequence");
  if (sequence === undefined) return [1, 1];
  return [16, /^flags PROGRESSIVE$/m.test(sequence.text) ? 16 : 32];
}

/** A picture of MPEG-2 or VP9 that refers to none, whatever its control names: GStreamer leaves its last references there. */
function isIntraPicture({ events }: DriverRun): boolean {
  return events.some(
    ({ name, text }) =>
      (name === "v4l2_ctrl_mpeg2_picture" && /^picture_coding_type: 1$/m.test(text)) ||
      (name === "v4l2_ctrl_vp9_frame" && /^flags (?:.*\|)?(?:KEY_FRAME|INTRA_ONLY)(?:\||$)/m.test(text)),
  );
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
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

/** Where two programs' drawings differ: one line a request. `intra`: see `comparableDrawings`. */
export function drawingDifferences(
  ours: readonly DriverRun[],
  theirs: readonly DriverRun[],
  intra: ReadonlySet<number> = new Set(),
): string[] {
  const [a, b] = [comparableDrawings(ours, intra), comparableDrawings(theirs, intra)];
  const lines = a.length === b.length ? [] : [`${a.length} requests, of GStreamer's ${b.length}`];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    for (const part of new Set([...Object.keys(a[i]!), ...Object.keys(b[i]!)])) {
      if (a[i]![part] !== b[i]![part])
        lines.push(`request ${i}: ${part} ${a[i]![part]}, of GStreamer's ${b[i]![part]}`);
    }
  }
  return lines;
}
