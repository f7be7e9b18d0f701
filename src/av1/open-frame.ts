/** A frame whose header has come, and whose tiles are coming: TileNum of 5.11.1. */
import { BitstreamError } from "../errors.ts";
import type { StreamUnit } from "../framing/byte-stream.ts";
import type { PictureBitstream } from "../session/picture-bitstream.ts";
import { viewOf } from "../uapi/struct.ts";
import { av1TileGroupEntries, setTileGroupEntry } from "./controls.ts";
import { readTileGroup } from "./parser.ts";
import type { FrameHeader } from "./structures.ts";
import type { Obu } from "./units.ts";

export class OpenFrame {
  readonly header: FrameHeader;
  readonly spatial_id: number;
  /** The OBU of its header, for messages. */
  readonly unit: StreamUnit;
  /** The payload of the header's OBU, and how many of its bits the header has: for copies of it. */
  #headerBytes: Uint8Array;
  readonly headerBits: number;
  readonly entries: Uint8Array;
  readonly #entryView: DataView;
  readonly #bitstream: PictureBitstream;
  #bytes = 0;
  #TileNum = 0;

  /** @param bitstream is empty, and the frame's own until the next frame is opened. */
  constructor(header: FrameHeader, headerBits: number, obu: Obu, unit: StreamUnit, bitstream: PictureBitstream) {
    this.header = header;
    this.headerBits = headerBits;
    this.spatial_id = obu.header.spatial_id;
    this.unit = unit;
    this.#headerBytes = obu.payload;
    this.#bitstream = bitstream;
    this.entries = av1TileGroupEntries(this.NumTiles);
    this.#entryView = viewOf(this.entries);
  }

  get NumTiles(): number {
    return this.header.tile_info.TileCols * this.header.tile_info.TileRows;
  }

  /** All tiles have come. */
  get isComplete(): boolean {
    return this.#TileNum === this.NumTiles;
  }

  /** How many tiles have come. */
  get tiles(): number {
    return this.#TileNum;
  }

  /** The bits of the header from `bit` on, `count` of them, at most 8. */
  headerBitsAt(bit: number, count: number): number {
    const at = bit >> 3;
    const two = ((this.#headerBytes[at] as number) << 8) | (this.#headerBytes[at + 1] ?? 0);
    return (two >> (16 - (bit & 7) - count)) & ((1 << count) - 1);
  }

  /**
   * Takes the tiles of an OBU, whose reader is at its tile group. The whole payload goes into the OUTPUT buffer, after those of
   * the OBUs before it, as GStreamer does it.
   *
   * @throws BitstreamError where the tiles are not those that come next, or their sizes do not fit.
   */
  addTiles(obu: Obu): void {
    const { tile_info } = this.header;
    const first = this.#TileNum;
    const base = this.#bytes;
    const view = this.#entryView;
    const { tg_start, tg_end } = readTileGroup(obu, tile_info, (TileNum, offset, size) => {
      setTileGroupEntry(view, TileNum, tile_info.TileCols, base + offset, size);
    });
    if (tg_start !== first) {
      const reason = `tiles ${tg_start} to ${tg_end} come where tile ${first} must come`;
      throw new BitstreamError("missing-tiles", reason, { element: "tg_start" });
    }
    this.#TileNum = tg_end + 1;
    this.#bytes += obu.payload.length;
    this.#bitstream.add(obu.payload);
  }

  /** Copies what is in the caller's memory. Must be called before a call of the session returns. */
  hold(): void {
    this.#bitstream.hold();
    if (this.#headerBytes.length > 0) this.#headerBytes = this.#headerBytes.slice(0, (this.headerBits + 7) >> 3);
  }

  /** The parts of the OUTPUT buffer. */
  takeBitstream(): Uint8Array[] {
    return this.#bitstream.take();
  }
}
