/** Where decoding can start, and which pictures are undamaged: 7.4.1.2.4 (IDR) and D.2.8 (recovery point). */
import type { SessionOptions } from "../options.ts";
import { IDR_SLICE } from "./nal-types.ts";
import { maxFrameNum, picOrderCnt } from "./poc.ts";
import type { Picture } from "./state.ts";
import { hasMmco5 } from "./state.ts";
import type { RecoveryPoint, SliceHeader } from "./structures.ts";

export class Recovery {
  readonly #startAt: NonNullable<SessionOptions["startAt"]>;
  /** Pictures are skipped until one comes at which decoding can start. */
  #isWaiting = true;
  /** Only a random access point ends the wait, whatever `startAt` says. */
  #needsRandomAccess = false;
  /** Pictures were skipped or lost, and since then there was neither an IDR picture nor a complete recovery. */
  #isImpaired = true;
  /** The frame_num at which recovery is complete (D.2.8); -1 without a recovery point, and after recovery is complete. */
  #recoveryFrameNum = -1;
  /**
   * Pictures with this order count and later ones are undamaged, whatever they refer to. Infinite until a recovery is complete.
   * Earlier pictures in output order may refer to what was lost.
   */
  #recoveryPicOrderCnt = Infinity;

  constructor(startAt: NonNullable<SessionOptions["startAt"]>) {
    this.#startAt = startAt;
  }

  /** Starts anew, after a seek. */
  reset(): void {
    this.#isWaiting = this.#isImpaired = true;
    this.#needsRandomAccess = false;
    this.#forgetPoint();
  }

  #forgetPoint(): void {
    this.#recoveryFrameNum = -1;
    this.#recoveryPicOrderCnt = Infinity;
  }

  #isComplete(): boolean {
    return this.#recoveryPicOrderCnt !== Infinity;
  }

  /** Drops pictures until a random access point. */
  requireRandomAccess(): void {
    this.reset();
    this.#needsRandomAccess = true;
  }

  /**
   * Whether a picture that begins with this slice is decoded. The second field of a frame is decoded whenever the first one
   * was.
   */
  admits(h: SliceHeader, point: RecoveryPoint | null): boolean {
    if (!this.#isWaiting) return true;
    const isRandomAccess = h.nal_unit_type === IDR_SLICE || point !== null;
    if (!isRandomAccess && (this.#needsRandomAccess || this.#startAt === "random-access")) return false;
    this.#isWaiting = this.#needsRandomAccess = false;
    return true;
  }

  /**
   * Begins a picture that is decoded.
   * @returns whether it may be damaged because decoding did not start at an IDR picture.
   */
  beginPicture(picture: Picture, point: RecoveryPoint | null): boolean {
    const { h, isIdr, sps } = picture;
    if (isIdr) {
      this.#isImpaired = false;
      this.#forgetPoint();
    } else if (!this.#isComplete()) {
      if (point) this.#addPoint(point, h.frame_num, maxFrameNum(sps));
      // D.2.8 means the reference picture with this frame_num. A non-reference picture may have it earlier.
      if (h.frame_num === this.#recoveryFrameNum && (h.nal_ref_idc !== 0 || point !== null)) {
        this.#recoveryFrameNum = -1;
        this.#recoveryPicOrderCnt = picOrderCnt(picture);
      }
    }
    return this.#isImpaired && !this.isWhole(picture);
  }

  /** D.2.8: whether a picture is undamaged although it may refer to damaged pictures. */
  isWhole(picture: Picture): boolean {
    return picOrderCnt(picture) >= this.#recoveryPicOrderCnt;
  }

  /** Ends a picture. 8.2.1: with operation 5 order counts start anew, so all later pictures come after the recovery point. */
  endPicture({ h }: Picture): void {
    if (this.#isComplete() && hasMmco5(h)) this.#recoveryPicOrderCnt = -Infinity;
  }

  /** A picture or a part of it is lost: a recovery that began before the loss is no longer complete. */
  damage(): void {
    if (this.#isComplete()) this.#isImpaired = false;
    this.#forgetPoint();
  }

  /**
   * A picture lacks a reference picture. This is damage only after a complete recovery: until then, pictures from before the
   * recovery point may be missing.
   */
  loseReference(): void {
    if (this.#isComplete()) this.damage();
  }

  /** D.2.8: recovery points do not depend on each other. The earliest one to be complete decides. */
  #addPoint({ recovery_frame_cnt }: RecoveryPoint, frame_num: number, MaxFrameNum: number): void {
    const left =
      this.#recoveryFrameNum < 0 ? MaxFrameNum : (this.#recoveryFrameNum - frame_num + MaxFrameNum) % MaxFrameNum;
    if (recovery_frame_cnt < left) this.#recoveryFrameNum = (frame_num + recovery_frame_cnt) % MaxFrameNum;
  }
}
