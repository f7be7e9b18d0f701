/** Where decoding can start, and which pictures are undamaged: 8.1.3 (IRAP pictures) and D.3.8 (recovery point). */
import type { SessionOptions } from "../options.ts";
import { isIrap } from "./nal-types.ts";
import type { MissingReference } from "./ref-pic-set.ts";
import type { RecoveryPoint, SliceSegmentHeader } from "./structures.ts";

export class Recovery {
  readonly #startAt: NonNullable<SessionOptions["startAt"]>;
  /** Pictures are skipped until one comes at which decoding can start. */
  #isWaiting = true;
  /** Only an IRAP picture ends the wait, whatever `startAt` says. */
  #needsIrap = false;
  /** Pictures were skipped or lost, and since then there was neither an IRAP picture nor a complete recovery. */
  #isImpaired = true;
  /** PicOrderCntVal of the picture with the last recovery point. */
  #pointPicOrderCnt = Infinity;
  /**
   * Pictures with this order count and later ones are undamaged, whatever they refer to. Infinite without a recovery point.
   */
  #recoveryPicOrderCnt = Infinity;
  /** A picture at or after the recovery point has been decoded. */
  #isReached = false;

  constructor(startAt: NonNullable<SessionOptions["startAt"]>) {
    this.#startAt = startAt;
  }

  /** Starts anew, after a seek. */
  reset(): void {
    this.#isWaiting = this.#isImpaired = true;
    this.#needsIrap = false;
    this.#forgetPoint();
  }

  /** Drops pictures until an IRAP picture. */
  requireIrap(): void {
    this.reset();
    this.#needsIrap = true;
  }

  #forgetPoint(): void {
    this.#pointPicOrderCnt = this.#recoveryPicOrderCnt = Infinity;
    this.#isReached = false;
  }

  /** Whether a picture that begins with this slice segment is decoded. */
  admits({ nal_unit_type }: SliceSegmentHeader): boolean {
    if (!this.#isWaiting) return true;
    return isIrap(nal_unit_type) || !(this.#needsIrap || this.#startAt === "random-access");
  }

  /**
   * Begins a picture that is decoded. After an IRAP picture, only RASL pictures can refer to pictures before it.
   *
   * @returns whether it may be damaged because decoding did not start at an IRAP picture.
   */
  beginPicture(h: SliceSegmentHeader, PicOrderCntVal: number, point: RecoveryPoint | null): boolean {
    this.#isWaiting = this.#needsIrap = false;
    if (isIrap(h.nal_unit_type)) {
      this.#isImpaired = false;
      this.#forgetPoint();
    } else if (point) {
      this.#pointPicOrderCnt = PicOrderCntVal;
      // Recovery points do not depend on each other. The earliest one to be complete decides.
      this.#recoveryPicOrderCnt = Math.min(this.#recoveryPicOrderCnt, PicOrderCntVal + point.recovery_poc_cnt);
    }
    if (this.isWhole(PicOrderCntVal)) this.#isReached = true;
    return this.#isImpaired && !this.isWhole(PicOrderCntVal);
  }

  /** D.3.8: whether a picture is undamaged although it may refer to damaged pictures. */
  isWhole(PicOrderCntVal: number): boolean {
    return PicOrderCntVal >= this.#recoveryPicOrderCnt;
  }

  /** The current picture is damaged: a recovery that began with it or before it is no longer complete. */
  damage(): void {
    if (this.#isReached) this.#isImpaired = false;
    this.#forgetPoint();
  }

  /**
   * The current picture lacks a reference picture. During a recovery, pictures from before the recovery point are expected to
   * be missing; only a missing later one counts as damage.
   */
  loseReference({ poc, isLsb }: MissingReference): void {
    const isExpected = !this.#isReached && (isLsb || poc < this.#pointPicOrderCnt);
    if (!isExpected) this.damage();
  }
}
