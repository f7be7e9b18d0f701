/** What outlives a picture: the reference frames, the order of output, and the quantiser matrices. */
import type { Rectangle } from "../events.ts";
import type { FrameListener } from "../session/frame-events.ts";
import type { QuantMatrixExtension, SequenceHeader } from "./structures.ts";
import { defaultIntraQuantiserMatrix, defaultNonIntraQuantiser, FRAME_PICTURE } from "./tables.ts";

/** The matrices in force, 64 values each, in zig-zag order: 6.3.11. */
export interface QuantiserMatrices {
  readonly intra: ArrayLike<number>;
  readonly nonIntra: ArrayLike<number>;
  readonly chromaIntra: ArrayLike<number>;
  readonly chromaNonIntra: ArrayLike<number>;
}

/** A frame that was coded as a frame or as a pair of fields. */
export class Frame {
  /** Nanoseconds. */
  readonly timestamp: number;
  readonly pts: number | undefined;
  readonly visible: Rectangle;
  /** picture_structure (Table 6-14) of its first picture: TOP_FIELD, BOTTOM_FIELD or FRAME_PICTURE. */
  readonly first: number;
  /** Its second field has not come. */
  isHalf: boolean;
  /** In the order of output, modulo 1024. */
  place = 0;
  top_field_first = 0;
  repeat_first_field = 0;
  progressive_frame = 0;
  progressive_sequence = 0;
  corrupt = false;
  /** A picture after it was lost, which may have been a newer reference frame. */
  isSuperseded = false;

  constructor(timestamp: number, pts: number | undefined, visible: Rectangle, first: number) {
    this.timestamp = timestamp;
    this.pts = pts;
    this.visible = visible;
    this.first = first;
    this.isHalf = first !== FRAME_PICTURE;
  }

  /** Whether a picture that refers to it is damaged, too. */
  get damagesFollowers(): boolean {
    return this.corrupt || this.isSuperseded;
  }
}

/** 6.1.1.11: the two reference frames, and the order in which frames are shown. */
export class ReferenceFrames {
  readonly #listener: FrameListener<Frame>;
  /** The reference frame before the last one. */
  older: Frame | null = null;
  /** The last reference frame. It is shown when the next one comes; with low_delay it has been shown. */
  newer: Frame | null = null;
  #isNewerShown = false;

  constructor(listener: FrameListener<Frame>) {
    this.#listener = listener;
  }

  /** Begins a reference frame: no more B pictures come between the two reference frames before it. */
  beginReference(): void {
    this.#showNewer();
    if (this.older) this.#listener.release(this.older);
    this.older = null;
  }

  /** Ends a reference frame, after both fields if it has two. */
  endReference(frame: Frame, low_delay: number): void {
    this.older = this.newer;
    this.newer = frame;
    this.#isNewerShown = false;
    if (low_delay) this.#showNewer();
  }

  /** Ends a B frame, after both fields if it has two. */
  endB(frame: Frame): void {
    this.#listener.output(frame);
    this.#listener.release(frame);
  }

  #showNewer(): void {
    if (this.newer && !this.#isNewerShown) this.#listener.output(this.newer);
    this.#isNewerShown = true;
  }

  /** Shows and frees all frames, at the end of a sequence. */
  flush(): void {
    this.#showNewer();
    this.clear();
  }

  /** Frees all frames, before a seek. */
  clear(): void {
    if (this.older) this.#listener.release(this.older);
    if (this.newer) this.#listener.release(this.newer);
    this.older = this.newer = null;
  }
}

/** 6.3.11: matrices as a sequence header sets them; the chroma matrices are those of luma. */
export function matricesOfSequence(seq: SequenceHeader): QuantiserMatrices {
  const intra = seq.intra_quantiser_matrix ?? defaultIntraQuantiserMatrix;
  const nonIntra = seq.non_intra_quantiser_matrix ?? new Uint8Array(64).fill(defaultNonIntraQuantiser);
  return { intra, nonIntra, chromaIntra: intra, chromaNonIntra: nonIntra };
}

/**
 * 6.3.11: the matrices after a quant matrix extension. A luma matrix replaces the chroma matrix, too, unless that one is
 * loaded.
 */
export function withQuantMatrices(before: QuantiserMatrices, ext: QuantMatrixExtension): QuantiserMatrices {
  return {
    intra: ext.intra_quantiser_matrix ?? before.intra,
    nonIntra: ext.non_intra_quantiser_matrix ?? before.nonIntra,
    chromaIntra: ext.chroma_intra_quantiser_matrix ?? ext.intra_quantiser_matrix ?? before.chromaIntra,
    chromaNonIntra: ext.chroma_non_intra_quantiser_matrix ?? ext.non_intra_quantiser_matrix ?? before.chromaNonIntra,
  };
}
