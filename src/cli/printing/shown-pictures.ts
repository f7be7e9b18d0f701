import type { OutputLine, ResolvedLine, ResolvedRequest, SequenceLine, Timestamp } from "../../record/index.ts";
import type { Picture } from "./pictures.ts";

/** When a picture is shown. */
export interface Shown {
  /** Its place in display order, from 0. */
  readonly order: number;
  readonly pts: number | undefined;
  readonly corrupt: boolean;
}

/** A request, with what is known of its picture. */
export interface PictureLine {
  readonly type: "picture";
  readonly request: ResolvedRequest;
  /** Undefined where the request lacks the control that says it. */
  readonly picture: Picture | undefined;
  /** Undefined: never shown, or not among the pictures that wait here. */
  readonly shown: Shown | undefined;
  /** Its controls as text, where they are wanted: made when it came, since numbers of references change. */
  readonly controls: string | undefined;
}

interface Waiting {
  /** How many pictures came before it. */
  readonly before: number;
  readonly line: PictureLine | SequenceLine;
  /** The picture was shown, or never will be. */
  isSettled: boolean;
  shown: Shown | undefined;
}

/** More pictures than a DPB holds, and than an encoder looks ahead. The limit keeps the memory for a long stream constant. */
const waitingLimit = 32;

/** Holds back pictures, in decoding order, until it is known when they are shown. */
export class ShownPictures {
  #waiting: Waiting[] = [];
  /** The requests of the waiting pictures by timestamp. Where a timestamp is used again, it is the latest. */
  readonly #byTimestamp = new Map<Timestamp, Waiting[]>();
  #last: Timestamp | undefined;
  #pictures = 0;
  #outputs = 0;

  /** Whether no picture waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** @param picture of a request, and `controls` its controls as text. */
  take(item: ResolvedLine, picture?: Picture, controls?: string): void {
    switch (item.type) {
      case "sequence":
        this.#waiting.push({ before: this.#pictures, line: item, isSettled: true, shown: undefined });
        break;
      case "request":
        this.#add(item, picture, controls);
        break;
      case "output":
        this.#show(item);
        break;
      case "release":
        for (const waiting of this.#byTimestamp.get(item.timestamp) ?? []) waiting.isSettled = true;
        break;
    }
  }

  /** Takes a request whose line is not wanted, so that other lines do not wait longer. */
  pass({ timestamp }: ResolvedRequest): void {
    if (timestamp !== this.#last) this.#pictures++;
    this.#last = timestamp;
  }

  /**
   * Yields the lines that need not wait any more.
   * @param isEnd whether this is the end of the input.
   */
  *settled(isEnd = false): Generator<PictureLine | SequenceLine, void, undefined> {
    let count = 0;
    while (count < this.#waiting.length) {
      const first = this.#waiting[count] as Waiting;
      if (!(isEnd || first.isSettled || this.#pictures - first.before > waitingLimit)) break;
      count++;
      yield first.line.type === "picture" ? this.#leave(first, first.line) : first.line;
    }
    this.#waiting = this.#waiting.slice(count);
  }

  #add(request: ResolvedRequest, picture: Picture | undefined, controls: string | undefined): void {
    const { timestamp } = request;
    const isSamePicture = timestamp === this.#last;
    this.pass(request);
    const line = { type: "picture", request, picture, shown: undefined, controls } as const;
    const waiting: Waiting = { before: this.#pictures, line, isSettled: false, shown: undefined };
    this.#waiting.push(waiting);
    // The requests of one picture come one after the other.
    const before = isSamePicture ? (this.#byTimestamp.get(timestamp) ?? []) : [];
    this.#byTimestamp.set(timestamp, [...before, waiting]);
  }

  #show({ timestamp, pts, corrupt = false }: OutputLine): void {
    const shown: Shown = { order: this.#outputs++, pts, corrupt };
    for (const waiting of this.#byTimestamp.get(timestamp) ?? []) {
      // VP9 can show a picture again; only the first time counts.
      waiting.shown ??= shown;
      waiting.isSettled = true;
    }
  }

  #leave(waiting: Waiting, line: PictureLine): PictureLine {
    const { timestamp } = line.request;
    const rest = this.#byTimestamp.get(timestamp)?.filter((other) => other !== waiting) ?? [];
    if (rest.length === 0) this.#byTimestamp.delete(timestamp);
    else this.#byTimestamp.set(timestamp, rest);
    return { ...line, shown: waiting.shown };
  }
}
