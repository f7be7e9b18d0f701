/** The most pts that may wait for a unit that begins after their places. */
const TIMES_LIMIT = 256;

/**
 * Finds the pts of each picture. All pictures of a packet have the packet's pts. In a stream, a pts belongs to the first
 * picture that begins after its place.
 */
export class PictureTimes {
  #ofPacket = false;
  #pts: number | undefined;
  #coming: { readonly byte: number; readonly pts: number }[] = [];

  /** The next units are those of a packet. */
  beginPacket(pts: number | undefined): void {
    this.clear();
    this.#ofPacket = true;
    this.#pts = pts;
  }

  /** The next units are those of a stream that has this pts at `byte`. */
  noteChunk(byte: number, pts: number | undefined): void {
    if (this.#ofPacket) this.clear();
    if (pts === undefined) return;
    this.#coming.push({ byte, pts });
    if (this.#coming.length > TIMES_LIMIT) this.#coming.shift();
  }

  /** A unit begins at `byte`. */
  reach(byte: number): void {
    while ((this.#coming[0]?.byte ?? Infinity) <= byte) this.#pts = this.#coming.shift()?.pts;
  }

  /** Returns the pts of the picture that begins. */
  take(): number | undefined {
    const pts = this.#pts;
    if (!this.#ofPacket) this.#pts = undefined;
    return pts;
  }

  clear(): void {
    this.#ofPacket = false;
    this.#pts = undefined;
    this.#coming = [];
  }
}
