import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import { type Detected, detect } from "./detect.ts";

/** The first units show the codec. If the first MiB does not, there is hardly any video in it. */
const detectionLimit = 1 << 20;
/**
 * This many bytes are enough to recognise containers and systems streams: a program stream may begin inside the longest packet,
 * and a transport stream inside a packet, too. With fewer bytes, such a stream could be taken for the video in it.
 */
const layerLength = 1 << 17;

/** The beginning of an input whose bytes come in pieces: it can be read ahead, before all bytes are read in order. */
export class Beginning {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #head: Uint8Array = new Uint8Array(0);
  #hasEnded = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The first bytes: at least `wanted` of them, fewer only where the input has fewer. */
  async first(wanted: number): Promise<Uint8Array> {
    const read = [this.#head];
    let length = this.#head.length;
    while (length < wanted && !this.#hasEnded) {
      const next = await this.#pieces.next();
      if (next.done === true) this.#hasEnded = true;
      else {
        read.push(next.value.slice()); // A piece is valid until the next one is asked for.
        length += next.value.length;
      }
    }
    this.#head = joined(read.filter((piece) => piece.length > 0));
    return this.#head;
  }

  /**
   * Reads until it is clear what the input is. The answer depends on the bytes only, not on how they were cut into pieces.
   *
   * @param asked the only codec that is wanted.
   */
  async detect(asked: Codec | undefined): Promise<Detected | undefined> {
    for (let wanted = layerLength; ; wanted *= 2) {
      const head = await this.first(wanted);
      const detected = detect(this.#hasEnded ? head : head.subarray(0, wanted), asked);
      if (this.#hasEnded || isClear(detected, asked) || wanted >= detectionLimit) return detected;
    }
  }

  /** All bytes, including those that were read ahead. They can be read once. */
  async *all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.#head;
    for (let next = await this.#pieces.next(); next.done !== true; next = await this.#pieces.next()) yield next.value;
  }
}

function isClear(detected: Detected | undefined, asked: Codec | undefined): boolean {
  if (detected?.kind === "systems" && detected.layer === "transport") return detected.codec !== undefined;
  if (asked !== undefined) return true;
  if (detected?.kind === "systems") return detected.codec !== undefined;
  return detected !== undefined && (detected.kind !== "stream" || detected.certain);
}
