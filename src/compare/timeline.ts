/** One recording while it is read: the requests around the current one, and what its timestamps mean. */
import { crc32 } from "../record/crc32.ts";
import { Recent } from "../record/recent.ts";
import { controlByName } from "../uapi/index.ts";
import type { StartCode } from "../uapi/modes.ts";
import type { DriverView, Side, Sides } from "./comparator.ts";
import { isWholePayload, startCodeIn } from "./payloads.ts";
import type { EffectiveRequest } from "./request.ts";
import { type ComparedRequest, type CompareSide, type MadeRequest, type MissingCalls, ourProducer } from "./sides.ts";

/** A request as the rows look at it. @param startCode what holds where no control of the request says it. */
export function effectiveRequest(request: ComparedRequest, index: number, startCode?: StartCode): EffectiveRequest {
  const { bytes, crc32: checksum, data } = request.bitstream;
  return {
    index,
    timestamp: BigInt(request.timestamp),
    bytes: bytes ?? data?.length ?? -1,
    crc32: checksum ?? (data === undefined ? -1 : crc32(data)),
    controls: readable(request.controls),
    bitstream: data,
    startCode: startCodeIn(request.controls) ?? startCode,
    get variants() {
      return (request as Partial<MadeRequest>).variants;
    },
  };
}

/** The controls without those that no driver could read: bytes for a menu, payloads of a wrong size. */
function readable(controls: ComparedRequest["controls"]): ComparedRequest["controls"] {
  const isReadable = ([name, payload]: readonly [string, Uint8Array | number]): boolean => {
    const definition = controlByName(name);
    if (definition === undefined) return true;
    if (definition.type === "menu" || typeof payload === "number") {
      return definition.type === "menu" && typeof payload === "number";
    }
    return isWholePayload(definition, payload);
  };
  const all = [...controls];
  return all.every(isReadable) ? controls : new Map(all.filter(isReadable));
}

/** A use of a timestamp: the request, and the first request of its picture. */
export interface User {
  readonly index: number;
  readonly picture: number;
  readonly timestamp: bigint;
  /** The picture in other recordings. */
  readonly partners: Map<Timeline, User>;
}

/** A request in its recording. */
export class Entry {
  readonly source: ComparedRequest;
  readonly request: EffectiveRequest;
  readonly user: User;
  /** Of the payloads and of the OUTPUT buffer. */
  readonly weight: number;
  readonly #sides = new Map<object, Side>();

  constructor(source: ComparedRequest, request: EffectiveRequest, user: User) {
    this.source = source;
    this.request = request;
    this.user = user;
    let weight = request.bitstream?.length ?? 0;
    for (const payload of request.controls.values()) if (typeof payload !== "number") weight += payload.length;
    this.weight = weight;
  }

  /** The request with its view, which is made when it is looked at. @param viewer who looks: each has a view of its own. */
  side(viewer: object, make: () => DriverView): Side {
    let side = this.#sides.get(viewer);
    if (side === undefined) {
      side = new LazySide(this.request, make);
      this.#sides.set(viewer, side);
    }
    return side;
  }

  /** Gives up the views; they are made again when they are looked at. */
  forgetViews(): void {
    for (const side of this.#sides.values()) (side as LazySide).forget();
  }
}

class LazySide implements Side {
  readonly request: EffectiveRequest;
  readonly #make: () => DriverView;
  #view: DriverView | undefined;

  constructor(request: EffectiveRequest, make: () => DriverView) {
    this.request = request;
    this.#make = make;
  }

  get view(): DriverView {
    this.#view ??= this.#make();
    return this.#view;
  }

  forget(): void {
    this.#view = undefined;
  }
}

/** How much of a recording is kept. */
export interface Limits {
  /** Requests before the current one. */
  readonly before: number;
  /** Requests after it. */
  readonly ahead: number;
  /** Bytes of payloads and OUTPUT buffers, before it and after it. */
  readonly bytes: number;
}

/** Timestamps that are remembered: more than any picture stays a reference. */
const rememberedTimestamps = 1 << 13;
/** How far back it is looked for calls that may be missing: see `ErrorLine.within`. */
const mostWithin = 64;
/** Requests that keep their views. */
const viewedRequests = 64;

/** One recording. */
export class Timeline {
  readonly side: CompareSide;
  readonly #limits: Limits;
  readonly #startCode: StartCode | undefined;
  readonly #iterator: Iterator<ComparedRequest> | AsyncIterator<ComparedRequest>;
  readonly #users = new Recent<bigint, User[]>(rememberedTimestamps);
  #entries: Entry[] = [];
  #first = 0;
  #aheadBytes = 0;
  #pastBytes = 0;
  #current = 0;
  #last: Entry | undefined;
  #lostPictures = 0;
  isEnded = false;
  /** It shows which OUTPUT buffers have the hold flag: without it, a request that does not say so may have it, too. */
  showsHolds: boolean;
  /** A timestamp named another picture before. */
  reusesTimestamps = false;

  /** @param startCode of its OUTPUT buffers, where their requests do not say it. */
  constructor(side: CompareSide, limits: Limits, startCode?: StartCode) {
    this.side = side;
    this.#limits = limits;
    this.#startCode = startCode;
    const { requests, producer } = side;
    this.showsHolds = producer?.toLowerCase().startsWith(ourProducer) ?? false;
    this.#iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
  }

  /** The number of requests so far. */
  get length(): number {
    return this.#first + this.#entries.length;
  }

  at(index: number): Entry | undefined {
    return this.#entries[index - this.#first];
  }

  slice(start = 0, end = Infinity): readonly Entry[] {
    return this.#entries.slice(Math.max(0, start - this.#first), Math.max(0, end - this.#first));
  }

  /** Reads until there are `wanted` requests, the recording ends, or what is ahead of the current one is too large. */
  async fill(wanted: number): Promise<void> {
    while (!this.isEnded && this.length < wanted) {
      const isFull = this.#aheadBytes > this.#limits.bytes && this.length > this.#current + 2;
      if (isFull) return;
      const next = await this.#iterator.next();
      if (next.done === true) this.isEnded = true;
      else this.#add(next.value);
    }
  }

  #add(source: ComparedRequest): void {
    if (source.hold === true) this.showsHolds = true;
    const request = effectiveRequest(source, this.length, this.#startCode);
    const { timestamp, index } = request;
    const isSamePicture = this.#last?.request.timestamp === timestamp;
    const picture = isSamePicture ? (this.#last as Entry).user.picture : index;
    const user: User = { index, picture, timestamp, partners: new Map() };
    const users = this.#users.get(timestamp);
    if (users === undefined) this.#users.set(timestamp, [user]);
    else {
      if (!isSamePicture) this.reusesTimestamps = true;
      users.push(user);
      while ((users[0]?.index ?? 0) < this.#current - this.#limits.before) users.shift();
    }
    const entry = new Entry(source, request, user);
    this.#aheadBytes += entry.weight;
    this.#entries.push(entry);
    this.#last = entry;
  }

  /**
   * A request that this recording lost used a timestamp, as one before the request `index` shows.
   *
   * @param picture what it is in `other`.
   */
  addLost(timestamp: bigint, index: number, other: Timeline, picture: User): void {
    // No picture that this recording has bears the number.
    const user: User = {
      index: index - 1,
      picture: -++this.#lostPictures,
      timestamp,
      partners: new Map([[other, picture]]),
    };
    picture.partners.set(this, user);
    const users = this.#users.get(timestamp) ?? [];
    const after = users.findIndex((each) => each.index >= index);
    users.splice(after < 0 ? users.length : after, 0, user);
    this.#users.set(timestamp, users);
  }

  /** The latest use of a timestamp before the request `index`. */
  userBefore(index: number, timestamp: bigint): User | undefined {
    const users = this.#users.get(timestamp);
    for (let i = (users?.length ?? 0) - 1; i >= 0; i--) {
      const user = users?.[i];
      if (user !== undefined && user.index < index) return user;
    }
    return undefined;
  }

  /** Where calls may be missing between the requests `index` - 1 and `end`; undefined where the recording says nothing of it. */
  missingCalls(index: number, end = index): MissingCalls | undefined {
    const before = this.at(index - 1)?.source.request ?? -1;
    return this.#missingCalls(before, this.at(end)?.source.request ?? Infinity);
  }

  /** The first place after the request numbered `before` that is not certainly after the one numbered `after`. */
  #missingCalls(before: number, after: number): MissingCalls | undefined {
    const places = this.side.missingCalls ?? [];
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[middle] as MissingCalls).request > before) high = middle;
      else low = middle + 1;
    }
    for (let at = low; at < places.length; at++) {
      const place = places[at] as MissingCalls;
      if (place.since <= after) return place;
      if (place.request - mostWithin > after) break;
    }
    return undefined;
  }

  /** The request as far as it is known: what was set before calls that may be missing before it may not be in effect. */
  asFarAsKnown({ source }: Entry): ComparedRequest {
    const { request, own } = source;
    if (own === undefined || this.#missingCalls(request, request) === undefined) return source;
    const known = new Map(source.known);
    for (const name of source.controls.keys()) if (!own.has(name)) known.set(name, []);
    return { ...source, known };
  }

  /** The request `index` is done: what lies too far before it is given up. */
  advance(index: number, beforeForget: (entry: Entry) => void): void {
    for (; this.#current <= index; this.#current++) {
      const weight = this.at(this.#current)?.weight ?? 0;
      this.#aheadBytes -= weight;
      this.#pastBytes += weight;
      this.at(this.#current - viewedRequests)?.forgetViews();
      if (this.#current % viewedRequests === 0) {
        for (const entry of this.slice(0, this.#current - viewedRequests)) entry.forgetViews();
      }
    }
    let out = 0;
    for (;;) {
      const entry = this.#entries[out];
      const isOld = this.#current - (this.#first + out) > this.#limits.before;
      const isLarge = this.#pastBytes > this.#limits.bytes && this.#first + out < this.#current - 2;
      if (entry === undefined || !(isOld || isLarge)) break;
      beforeForget(entry);
      this.#pastBytes -= entry.weight;
      out++;
    }
    // Shifting one by one would move all others each time.
    if (out > 0) {
      this.#entries = this.#entries.slice(out);
      this.#first += out;
    }
  }
}

/** A timeline as the conditions of rows see it. */
export class CastSides implements Sides {
  readonly #timeline: Timeline;
  readonly #sideOf: (entry: Entry) => Side;

  constructor(timeline: Timeline, sideOf: (entry: Entry) => Side) {
    this.#timeline = timeline;
    this.#sideOf = sideOf;
  }

  at(index: number): Side | undefined {
    const entry = this.#timeline.at(index);
    return entry && this.#sideOf(entry);
  }

  slice(start?: number, end?: number): readonly Side[] {
    return this.#timeline.slice(start, end).map(this.#sideOf);
  }
}
