/** So many pts wait at most for a unit to begin behind their places. */
const TIMES_LIMIT = 256;

/** The pts of pictures: all in a packet have its own; of a stream, the first that begins behind the place of each has it. */
export class PictureTimes {
  private ofPacket = false;
  private pts: number | undefined;
  private coming: { readonly byte: number; readonly pts: number }[] = [];

  /** The units to come are a packet's. */
  packet(pts: number | undefined): void {
    this.clear();
    this.ofPacket = true;
    this.pts = pts;
  }

  /** The units to come are a stream's. */
  stream(byte: number, pts: number | undefined): void {
    if (this.ofPacket) this.clear();
    if (pts === undefined) return;
    this.coming.push({ byte, pts });
    if (this.coming.length > TIMES_LIMIT) this.coming.shift();
  }

  /** A unit begins at `byte`. */
  reach(byte: number): void {
    while ((this.coming[0]?.byte ?? Number.POSITIVE_INFINITY) <= byte) this.pts = this.coming.shift()?.pts;
  }

  /** A picture begins: its pts. */
  take(): number | undefined {
    const { pts } = this;
    if (!this.ofPacket) this.pts = undefined;
    return pts;
  }

  clear(): void {
    this.ofPacket = false;
    this.pts = undefined;
    this.coming = [];
  }
}
