/** Reads a trace of v4l2-tracer (v4l-utils): the calls of a program on its devices, with structures field by field. */

import { fromHex } from "../record/encoding.ts";
import { fourccText, numberOfElements } from "../record/format.ts";
import { summary } from "../record/summary.ts";
import {
  controlByName,
  elementSize,
  type Field,
  type Names,
  type Scalar,
  type Struct,
  V4L2_PIX_FMT_AV1_FRAME,
  V4L2_PIX_FMT_H264_SLICE,
  V4L2_PIX_FMT_HEVC_SLICE,
  V4L2_PIX_FMT_MPEG2_SLICE,
  V4L2_PIX_FMT_VP8_FRAME,
  V4L2_PIX_FMT_VP9_FRAME,
  viewOf,
} from "../uapi/index.ts";
import { type Call, type CapturedControl, CaptureError, type Queue } from "./calls.ts";
import { takenSize } from "./captured-controls.ts";
import { nanosecondsOf } from "./constants.ts";
import { cutOff } from "./cut-off.ts";
import { DamagedCall } from "./damaged-call.ts";
import { meaningOf } from "./field-values.ts";
import { JoinedCaptures } from "./joined.ts";
import { JsonObjects, type JsonPart } from "./json-objects.ts";

type Json = Readonly<Record<string, unknown>>;

const formats: Readonly<Record<string, number>> = {
  V4L2_PIX_FMT_AV1_FRAME,
  V4L2_PIX_FMT_H264_SLICE,
  V4L2_PIX_FMT_HEVC_SLICE,
  V4L2_PIX_FMT_VP8_FRAME,
  V4L2_PIX_FMT_VP9_FRAME,
  V4L2_PIX_FMT_MPEG2_SLICE,
};

/**
 * The calls of a trace. What is cut off at its end is left out, with a warning.
 *
 * @throws CaptureError where it is not what v4l2-tracer writes.
 */
export async function* tracerCalls(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  onWarning?: (message: string) => void,
): AsyncGenerator<Call, void, undefined> {
  const objects = new JsonObjects(new JoinedCaptures("v4l2-tracer", onWarning));
  const reader = new TracerReader();
  for await (const piece of pieces) {
    for (const part of objects.push(piece)) yield* callsOf(reader, part);
  }
  for (const part of objects.end()) yield* callsOf(reader, part);
  const { cut } = objects;
  if (cut !== undefined) onWarning?.(cutOff(cut.line, cut.isInObject ? "a call" : "the list"));
}

function* callsOf(reader: TracerReader, part: JsonPart): Generator<Call, void, undefined> {
  const { line } = part;
  if (part.damage !== undefined) {
    yield { call: "hole", line, thread: "", reason: part.damage };
    return;
  }
  try {
    const call = isObject(part.value) ? reader.take(part.value, line) : undefined;
    if (call !== undefined) yield call;
  } catch (thrown) {
    // Where no control can be read, it is no damage.
    const isDamage = thrown instanceof DamagedCall || (thrown instanceof CaptureError && reader.hasControls);
    if (!isDamage) throw thrown;
    yield { call: "hole", line, thread: "", reason: thrown.reason };
  }
}

class TracerReader {
  /** What was written into an OUTPUT buffer, by its index: it is dumped before the buffer is queued. */
  readonly #dumped = new Map<number, Uint8Array>();
  /** Controls were read. */
  hasControls = false;

  take(entry: Json, line: number): Call | undefined {
    const made = { line, thread: "" };
    if ("mem_dump" in entry) this.#dump(entry, line);
    if (isObject(entry.mmap64) || isObject(entry.mmap)) {
      const mapped = isObject(entry.mmap64) ? entry.mmap64 : (entry.mmap as Json);
      return { ...made, call: "map", length: numberOf(mapped, "len", line), fd: numberOf(mapped, "fildes", line) };
    }
    const opened = entry.open64 ?? entry.open ?? entry.openat64 ?? entry.openat;
    if (isObject(opened)) return { ...made, call: "open", fd: numberOf(entry, "fd", line), path: textIn(opened.path) };
    if ("close" in entry) return { ...made, call: "close", fd: numberOf(entry, "fd", line) };
    if (typeof entry.ioctl !== "string") return undefined;
    return this.#ioctl(entry, entry.ioctl, numberOf(entry, "fd", line), line);
  }

  #dump(entry: Json, line: number): void {
    const { mem_array, mem_dump } = entry;
    if (!textIn(mem_dump).includes("OUTPUT") || !Array.isArray(mem_array)) return;
    const bytes = fromHex(mem_array.map(textIn).join("").replace(/\s/g, ""));
    if (bytes === undefined) throw new CaptureError("the bytes of a buffer are no hex digits", line);
    this.#dumped.set(numberOf(entry, "index", line), bytes);
  }

  #ioctl(entry: Json, name: string, fd: number, line: number): Call {
    const error = typeof entry.errno === "string" ? entry.errno : undefined;
    const base = { line, thread: "", error, fd };
    // What the program gave, where it was written (v4l2-tracer does that of some calls, and of all with -u).
    const sides = [entry.from_userspace, entry.from_driver].filter(isObject);
    const argument = (key: string) => sides.map((side) => side[key]).find(isObject);
    switch (name) {
      case "VIDIOC_S_EXT_CTRLS": {
        const set = argument("v4l2_ext_controls");
        if (set === undefined || !Array.isArray(set.controls)) break;
        const isForRequest = set.which === "V4L2_CTRL_WHICH_REQUEST_VAL";
        const request = isForRequest ? numberIn(set.request_fd) : undefined;
        const listed = set.controls.filter(isObject);
        const count = numberIn(set.count);
        // Those that are no stateless controls are counted, too.
        if (error === undefined && count !== undefined && count !== listed.length) {
          throw new DamagedCall(`${count} controls are set, and ${listed.length} are listed`, line);
        }
        const read = error === undefined ? controlOf : refusedControlOf;
        const controls = listed.flatMap((control) => read(control, line));
        this.hasControls ||= controls.length > 0 && error === undefined;
        return { ...base, call: name, isForRequest, request, controls };
      }
      case "VIDIOC_QBUF":
      case "VIDIOC_DQBUF": {
        const buffer = argument("v4l2_buffer");
        const queue = queueOf(buffer?.type);
        if (buffer === undefined || queue === undefined) break;
        const index = numberOf(buffer, "index", line);
        const flags = textIn(buffer.flags).split("|");
        const isOutput = name === "VIDIOC_QBUF" && queue === "OUTPUT";
        const data = isOutput ? this.#dumped.get(index) : undefined;
        if (isOutput) this.#dumped.delete(index);
        const { bytes, offset } = sizeUsed(buffer);
        if (data !== undefined && bytes !== undefined && data.length !== bytes) {
          throw new CaptureError(`a buffer of ${bytes} bytes was dumped with ${data.length}`, line);
        }
        return {
          ...base,
          call: name,
          queue,
          index,
          timestamp: timestampIn(buffer, line),
          isForRequest: flags.includes("V4L2_BUF_FLAG_REQUEST_FD"),
          request: numberIn(buffer.request_fd),
          hold: flags.includes("V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF"),
          isCorrupt: flags.includes("V4L2_BUF_FLAG_ERROR"),
          isImported: buffer.memory === "V4L2_MEMORY_DMABUF",
          bytes: bytes === undefined ? undefined : Math.max(0, bytes - offset),
          data: data?.subarray(offset),
        };
      }
      case "VIDIOC_S_FMT":
      case "VIDIOC_G_FMT":
      case "VIDIOC_TRY_FMT": {
        const { type, v4l2_pix_format_mplane, v4l2_pix_format } =
          [entry.from_driver, entry.from_userspace]
            .filter(isObject)
            .map((side) => side.v4l2_format)
            .find(isObject) ?? {};
        const queue = queueOf(type);
        const format = v4l2_pix_format_mplane ?? v4l2_pix_format;
        if (queue === undefined || !isObject(format)) break;
        const word = textIn(format.pixelformat);
        const code = named(formats, word);
        const pixelFormat = code === undefined ? word : fourccText(Number(code));
        const [width, height] = [numberOf(format, "width", line), numberOf(format, "height", line)];
        return { ...base, call: name, queue, pixelFormat, width, height };
      }
      case "VIDIOC_REQBUFS":
      case "VIDIOC_CREATE_BUFS": {
        const buffers = argument("v4l2_requestbuffers") ?? argument("v4l2_create_buffers");
        const format = buffers?.format;
        const queue = queueOf(buffers?.type ?? (isObject(format) ? format.type : undefined));
        if (buffers === undefined || queue === undefined) break;
        return { ...base, call: name, queue, count: numberOf(buffers, "count", line) };
      }
      case "VIDIOC_STREAMON":
      case "VIDIOC_STREAMOFF": {
        const queue = queueOf(sides[0]?.type);
        if (queue === undefined) break;
        return { ...base, call: name, queue };
      }
      case "VIDIOC_EXPBUF": {
        const queue = queueOf(argument("v4l2_exportbuffer")?.type);
        if (queue === undefined) break;
        return { ...base, call: name, queue };
      }
      case "MEDIA_IOC_REQUEST_ALLOC":
        return { ...base, call: name, request: numberIn(sides[0]?.request_fd) };
      case "MEDIA_REQUEST_IOC_QUEUE":
      case "MEDIA_REQUEST_IOC_REINIT":
        return { ...base, call: name };
    }
    return { ...base, call: "ioctl", name };
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberIn(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** @throws CaptureError where the value is no whole number. */
function numberOf(values: Json, key: string, line: number): number {
  const number = numberIn(values[key]);
  if (number === undefined)
    throw new CaptureError(`${key} must be a whole number, and is ${summary(values[key])}`, line);
  return number;
}

/** Objects and lists are no text: what turns them into one may be their own key. */
function textIn(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function named(names: Names, word: string): number | bigint | undefined {
  return Object.hasOwn(names, word) ? names[word] : undefined;
}

function queueOf(type: unknown): Queue | undefined {
  const [queue] = /OUTPUT|CAPTURE/.exec(typeof type === "string" ? type : "") ?? [];
  return queue as Queue | undefined;
}

function timestampIn({ timestamp }: Json, line: number): bigint | undefined {
  if (!isObject(timestamp)) return undefined;
  const [seconds, microseconds] = [numberOf(timestamp, "tv_sec", line), numberOf(timestamp, "tv_usec", line)];
  const nanoseconds = nanosecondsOf(BigInt(seconds), BigInt(microseconds));
  if (nanoseconds === undefined) throw new CaptureError("no timestamp has so many seconds", line);
  return nanoseconds;
}

/** `bytesused` of the first plane counts what is before `data_offset`, too (struct v4l2_plane). */
function sizeUsed(buffer: Json): { readonly bytes: number | undefined; readonly offset: number } {
  const { m, bytesused } = buffer;
  const planes = isObject(m) ? m.planes : undefined;
  const [first] = Array.isArray(planes) ? planes : [];
  if (!isObject(first)) return { bytes: numberIn(bytesused), offset: 0 };
  return { bytes: numberIn(first.bytesused), offset: numberIn(first.data_offset) ?? 0 };
}

/** More than any control has: a size alone must not make the reader allocate gigabytes. */
const mostControlBytes = 1 << 20;

/** None for what is no stateless control. */
function controlOf(control: Json, line: number): CapturedControl[] {
  const definition = controlByName(textIn(control.id));
  if (definition === undefined) return [];
  const { id } = definition;
  if (definition.type === "menu") {
    const { value } = control;
    const payload = numberIn(value) ?? named(definition.menu, textIn(value));
    if (typeof payload !== "number") throw new CaptureError(`${definition.name} has no value ${summary(value)}`, line);
    return [{ id, payload }];
  }
  const given = numberIn(control.size);
  const size = given === undefined ? undefined : takenSize(definition, given);
  if (size === undefined || size > mostControlBytes) {
    throw new CaptureError(
      `${definition.name} is ${elementSize(definition)} bytes, not ${summary(control.size)}`,
      line,
    );
  }
  const payload = new Uint8Array(size);
  const fields = definition.type === "struct" ? control[definition.struct.name] : undefined;
  if (definition.type === "u32 array" && Array.isArray(control.p_u32) && 4 * control.p_u32.length === given) {
    for (const [i, value] of control.p_u32.slice(0, size / 4).entries())
      viewOf(payload).setUint32(4 * i, numberOf({ value }, "value", line), true);
    return [{ id, payload }];
  }
  // Of a list v4l2-tracer writes the first element, and nothing of some lists of integers.
  const ofList = definition.dynamicArray === undefined ? [] : [numberOfElements];
  if (definition.type === "u32 array" || !isObject(fields)) return [{ id, payload, known: ofList }];
  const writer = new FieldWriter(viewOf(payload), definition.dynamicArray === undefined ? "" : "[0].", line);
  writer.struct(definition.struct, fields, 0, "");
  const isWhole = !writer.lacksFields && size === definition.struct.size;
  return [isWhole ? { id, payload } : { id, payload, known: [...ofList, ...writer.written] }];
}

/** Of a call that the kernel refuses. Its size or its values may be why: they are not needed. */
function refusedControlOf(control: Json, line: number): CapturedControl[] {
  try {
    return controlOf(control, line);
  } catch (thrown) {
    const id = controlByName(textIn(control.id))?.id;
    if (!(thrown instanceof CaptureError) || id === undefined) throw thrown;
    return [{ id, payload: new Uint8Array(0) }];
  }
}

/** Writes the fields that v4l2-tracer names into a payload. */
class FieldWriter {
  readonly #view: DataView;
  readonly #prefix: string;
  readonly #line: number;
  readonly written: string[] = [];
  /**
   * Those of all fields of the structure: v4l2-tracer 1.32 prints constraint_set_flags and refresh_frame_flags with the names of
   * `flags`.
   */
  #flags: Names = {};
  lacksFields = false;

  constructor(view: DataView, prefix: string, line: number) {
    this.#view = view;
    this.#prefix = prefix;
    this.#line = line;
  }

  struct(struct: Struct, values: Json, offset: number, path: string): void {
    const outer = this.#flags;
    const flags: Names = Object.fromEntries(
      struct.fields.flatMap(({ type }) => (type.kind === "scalar" ? Object.entries(type.flags ?? {}) : [])),
    );
    for (const field of struct.fields) {
      // A structure in a structure stands under its type's name.
      const value = values[field.name] ?? (field.type.kind === "struct" ? values[field.type.name] : undefined);
      this.#flags = flags;
      if (value !== undefined) this.#field(field, value, offset + field.offset, path + field.name);
      // v4l2-tracer leaves out what is reserved: it must be 0.
      else if (!/^(reserved|padding)/.test(field.name)) this.lacksFields = true;
    }
    this.#flags = outer;
  }

  #field({ type, dims }: Field, value: unknown, offset: number, path: string): void {
    // Arrays of arrays are one list.
    const items =
      dims.length === 0 ? [value] : Array.isArray(value) ? (value.flat(Number.POSITIVE_INFINITY) as unknown[]) : [];
    const count = dims.reduce((product, length) => product * length, 1);
    if (items.length !== count) {
      throw new CaptureError(`${path} has ${items.length} elements, not ${count}`, this.#line);
    }
    for (const [i, item] of items.entries()) {
      const place = path + subscripts(dims, i);
      const at = offset + i * type.size;
      if (type.kind === "struct") {
        if (isObject(item)) this.struct(type, item, at, `${place}.`);
        else this.lacksFields = true;
      } else {
        this.#scalar(type, item, at, place);
      }
    }
  }

  #named({ flags, values }: Scalar, text: string): bigint | undefined {
    return namedValue({ ...this.#flags, ...flags, ...values }, text, values === undefined);
  }

  #scalar(type: Scalar, item: unknown, offset: number, path: string): void {
    const value = typeof item === "string" ? this.#named(type, item) : numberIn(item);
    const meant = value === undefined ? undefined : meaningOf(type, BigInt(value));
    if (meant === undefined) throw new CaptureError(`${path} cannot be ${summary(item)}`, this.#line);
    type.write(this.#view, offset, typeof type.min === "bigint" ? meant : Number(meant));
    this.written.push(this.#prefix + path);
  }
}

/** `"V4L2_…_A|V4L2_…_B|0x100"` where there are flags, else the name of one value. */
function namedValue(names: Names, text: string, areFlags: boolean): bigint | undefined {
  let value = 0n;
  const words = areFlags && text === "" ? [] : text.split("|");
  if (!areFlags && words.length > 1) return undefined;
  for (const word of words) {
    const bit = /^(?:0x[0-9a-f]+|-?\d+)$/i.test(word) ? word : named(names, word);
    if (bit === undefined) return undefined;
    value |= BigInt(bit);
  }
  return value;
}

/** Element i of an array with these dimensions: `"[1][0]"`. */
function subscripts(dims: readonly number[], i: number): string {
  let text = "";
  for (let d = dims.length - 1, rest = i; d >= 0; d--) {
    const length = dims[d] as number;
    text = `[${rest % length}]${text}`;
    rest = Math.floor(rest / length);
  }
  return text;
}
