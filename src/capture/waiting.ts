/** What a record waits for: the timestamps of requests, and that no hole shows any more which is before them. */

import type { RecordLine } from "../record/index.ts";
import type { Codec } from "../uapi/codecs.ts";
import { type BufferCall, type Call, CaptureError, type Hole } from "./calls.ts";
import { type Device, type Filling, requestLine } from "./filling.ts";
import { type Cancelled, takenBackLine, withoutUnsure } from "./missing-calls.ts";

/** A request that was queued. */
interface Waiting {
  readonly filling: Filling;
  /** Where it was queued. */
  readonly line: number;
  /** It was captured at once, so that nothing of it can be missing or belong to another one. */
  readonly isWhole: boolean;
  timestamp: bigint | undefined;
  /** Where its timestamp became known, and how many requests had been queued then. */
  known: { readonly line: number; readonly queued: number } | undefined;
  /** Whether it holds its CAPTURE buffer, where that is known before it is given. */
  hold: boolean | undefined;
}

/** Requests that a device may hold before it gives an OUTPUT buffer back: more than VIDEO_MAX_FRAME. */
const mostWaiting = 4096;
/** Requests that are given before a hole shows that was before them: as many as a program has in flight. */
const mostWithin = 63;
/** Bytes of OUTPUT buffers that wait at most for holes to show. */
const mostBytes = 8 << 20;
/** CAPTURE buffers that came back and are remembered: as many as a program has in flight. */
const mostPictures = 64;
/** Codecs of which each picture is one request. */
const ofWholePictures: ReadonlySet<Codec> = /* @__PURE__ */ new Set<Codec>(["vp8", "vp9", "av1", "fwht"]);

export class WaitingLines {
  readonly #patience: number;
  #waiting: (Waiting | RecordLine)[] = [];
  /** Requests that were queued, and those that were given. */
  #queued = 0;
  #requests = 0;
  /** The lines of the last ones that were given. */
  #lines: number[] = [];
  /** Their numbers, by timestamp. */
  readonly #given = new Map<bigint, number>();
  /** In the OUTPUT buffers of those that wait. */
  #bytes = 0;
  /** Requests that wait and whose OUTPUT buffers have not come back. */
  #inFlight = 0;
  /** Where the last CAPTURE buffers of a device came back, by their timestamps. */
  readonly #pictures = new WeakMap<Device, Map<bigint, number>>();
  #hasPictures = false;

  /** @param patience how many requests must be queued after one, before it is given. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Requests that are not given, because the capture ends before their buffers came back. */
  get left(): number {
    return this.#waiting.filter((each) => "filling" in each).length;
  }

  /** The number of the request that is queued next. */
  get next(): number {
    return this.#requests + this.left;
  }

  /** The number of the last request with a timestamp, among those that wait and the last ones that were given. */
  requestOf(timestamp: bigint | undefined, device: Device): number | undefined {
    if (timestamp === undefined) return undefined;
    let number = this.next;
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const each = this.#waiting[at] as Waiting | RecordLine;
      if (!("filling" in each)) continue;
      number--;
      if (each.timestamp === timestamp && each.filling.device === device) return number;
    }
    return this.#given.get(timestamp);
  }

  addLine(line: RecordLine): void {
    this.#waiting.push(line);
  }

  /** A request was queued, which may be one of another device. */
  countQueued(): void {
    this.#queued++;
  }

  /**
   * Adds the request that was counted last.
   *
   * @param isWhole it was captured at once, not call by call.
   */
  addRequest(filling: Filling, line: number, isWhole: boolean): void {
    const buffer = filling.buffer as BufferCall;
    const { hold } = buffer;
    const timestamp = buffer.timestamp ?? filling.returned?.timestamp;
    const isReturned = buffer.timestamp === undefined && timestamp !== undefined;
    const since = isReturned ? { line, queued: this.#queued } : { line: buffer.line, queued: this.#queued - 1 };
    const known = timestamp === undefined ? undefined : since;
    if (timestamp === undefined && ++this.#inFlight > mostWaiting) {
      throw new CaptureError(`${mostWaiting} requests were queued, and none of their buffers came back`, line);
    }
    const waiting = { filling, line, isWhole, timestamp, known, hold };
    this.#bytes += bytesOf(waiting);
    this.#waiting.push(waiting);
  }

  /**
   * The driver gives a buffer back, with the timestamp that the OUTPUT buffer was queued with. Returns whether a request waited for it.
   */
  giveBack({ queue, index, timestamp, line }: BufferCall, device: Device): boolean {
    if (queue === "CAPTURE") {
      if (timestamp !== undefined) this.#notePicture(device, timestamp, line);
      return false;
    }
    for (const each of this.#waiting) {
      if (!("filling" in each) || each.timestamp !== undefined) continue;
      if (each.filling.device !== device || each.filling.buffer?.index !== index) continue;
      each.timestamp = timestamp;
      each.known = { line, queued: this.#queued };
      this.#inFlight--;
      return true;
    }
    return false;
  }

  #notePicture(device: Device, timestamp: bigint, line: number): void {
    this.#hasPictures = true;
    const pictures = this.#pictures.get(device) ?? new Map<bigint, number>();
    this.#pictures.set(device, pictures);
    pictures.delete(timestamp);
    pictures.set(timestamp, line);
    const [oldest] = pictures.keys();
    if (pictures.size > mostPictures) pictures.delete(oldest as bigint);
  }

  /**
   * A call takes the OUTPUT buffers of a device back, or of one that is closed by now, before they are done. Requests whose timestamps are not
   * known then are left out; a line stands in their place.
   */
  cancel(call: Call, all: Cancelled, device?: Device): void {
    if (this.#inFlight === 0) return;
    const isLeftOut = (each: Waiting | RecordLine): each is Waiting =>
      "filling" in each &&
      each.timestamp === undefined &&
      (each.filling.device === device || each.filling.device.isClosed);
    const cancelled = this.#waiting.filter(isLeftOut);
    const [first] = cancelled;
    if (first === undefined) return;
    const line = takenBackLine(call, cancelled.length);
    this.#waiting = this.#waiting.flatMap((each) => {
      if (each === first) return [line];
      return isLeftOut(each) ? [] : [each];
    });
    this.#bytes -= cancelled.reduce((sum, each) => sum + bytesOf(each), 0);
    this.#inFlight -= cancelled.length;
    const fillings = cancelled.map(({ filling }) => filling);
    all.note(call, fillings);
  }

  /** Calls are missing: leaves out what may lack a part, or may have the timestamp of a request that is missing. */
  forget(hole: Hole, codec: Codec): void {
    const since = hole.since ?? hole.line;
    const isKnown = (each: Waiting): boolean =>
      each.isWhole || (each.line <= since && each.known !== undefined && each.known.line <= since);
    this.#waiting.forEach((each, at) => {
      if (!("filling" in each) || !isKnown(each)) return;
      const next = this.#waiting.slice(at + 1).find((later) => "filling" in later);
      each.hold ??= this.#holdBefore(each, next !== undefined && isKnown(next) ? next : undefined, since, codec);
    });
    const isSure = (each: Waiting | RecordLine): boolean =>
      !("filling" in each) || (isKnown(each) && each.hold !== undefined);
    const within = this.#lines.filter((line) => line > since).length;
    this.#waiting = withoutUnsure(this.#waiting, isSure, hole, within);
    this.#bytes = this.#waiting.reduce((sum, each) => sum + bytesOf(each), 0);
    this.#inFlight = this.#waiting.filter((each) => "filling" in each && each.timestamp === undefined).length;
  }

  /**
   * Whether a request holds its CAPTURE buffer, as far as it is known at a hole.
   *
   * @param next the next request of which all is known. Where the hole may be before it, other requests may be.
   */
  #holdBefore(request: Waiting, next: Waiting | undefined, since: number, codec: Codec): boolean | undefined {
    const isSame = next?.timestamp === request.timestamp;
    if (next !== undefined && (isSame || next.line <= since)) return isSame;
    const isDone = ofWholePictures.has(codec) || (this.#pictureOf(request) ?? Infinity) <= since;
    return isDone ? false : undefined;
  }

  /** Where its CAPTURE buffer came back, if it did. No request holds it any more. */
  #pictureOf({ timestamp, filling }: Waiting): number | undefined {
    const line = timestamp === undefined ? undefined : this.#pictures.get(filling.device)?.get(timestamp);
    // Another thread may take it back before the call that queues the request ends.
    return line !== undefined && line > (filling.buffer as BufferCall).line ? line : undefined;
  }

  /**
   * The lines that wait for nothing any more: up to the first request that does.
   *
   * @param codec undefined before the first request.
   */
  take(isEnd: boolean, codec: Codec | undefined): RecordLine[] {
    const lines: RecordLine[] = [];
    let count = 0;
    for (const each of this.#waiting) {
      if ("filling" in each) {
        if (each.timestamp === undefined || each.known === undefined) break;
        const isPatient = this.#bytes <= mostBytes && this.#queued - each.known.queued < this.#patience;
        if (isPatient && !isEnd) break;
        const hold = each.hold ?? this.#holds(each, count + 1) ?? (isEnd ? this.#holdAtEnd(each, codec) : undefined);
        if (hold === undefined) break;
        this.#bytes -= bytesOf(each);
        this.#lines = [...this.#lines.slice(-mostWithin), each.line];
        this.#noteGiven(each.timestamp, this.#requests);
        lines.push(requestLine(each.filling, each.timestamp, hold, this.#requests++, each.line));
      } else {
        lines.push(each);
      }
      count++;
    }
    if (count > 0) this.#waiting.splice(0, count);
    // An error after a request that is left out is told, too: it may be why the capture ends.
    if (isEnd) for (const each of this.#waiting) if (!("filling" in each) && each.type === "error") lines.push(each);
    return lines;
  }

  #noteGiven(timestamp: bigint, number: number): void {
    this.#given.delete(timestamp);
    this.#given.set(timestamp, number);
    const [oldest] = this.#given.keys();
    if (this.#given.size > mostPictures) this.#given.delete(oldest as bigint);
  }

  /** Where the capture shows no CAPTURE buffers, the last request is taken for the last one of its picture. */
  #holdAtEnd(request: Waiting, codec: Codec | undefined): boolean | undefined {
    const isDone = (codec !== undefined && ofWholePictures.has(codec)) || this.#pictureOf(request) !== undefined;
    return isDone || !this.#hasPictures ? false : undefined;
  }

  /**
   * Whether a request held its CAPTURE buffer: the next one has the same timestamp. undefined as long as that is not known.
   *
   * @param from where the next one may be among those that wait.
   */
  #holds({ timestamp }: Waiting, from: number): boolean | undefined {
    for (let at = from; at < this.#waiting.length; at++) {
      const next = this.#waiting[at] as Waiting | RecordLine;
      if ("filling" in next) return next.timestamp === undefined ? undefined : next.timestamp === timestamp;
    }
    return undefined;
  }
}

function bytesOf(each: Waiting | RecordLine): number {
  return "filling" in each ? (each.filling.buffer?.data?.length ?? 0) : 0;
}
