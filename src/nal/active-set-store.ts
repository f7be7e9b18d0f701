import { sameBytes } from "../framing/bytes.ts";

/**
 * Sequence parameter sets by id. New content for the id of the active set takes effect only at a picture that may activate a
 * set: 7.4.1.2.1 of H.264, 7.4.2.4.2 of H.265. A set that is repeated unchanged stays the same object.
 */
export class ActiveSetStore<Set> {
  readonly #byId = new Map<number, { readonly bytes: Uint8Array; readonly set: Set }>();
  readonly #waiting = new Map<number, { readonly bytes: Uint8Array; readonly set: Set }>();
  #active: { readonly id: number; readonly set: Set } | null = null;
  #hasNewWaiting = false;

  /** The set that the last picture activated; null at the start and after `deactivate`. */
  get active(): Set | null {
    return this.#active?.set ?? null;
  }

  /**
   * Stores a set.
   *
   * @param bytes its NAL unit, which is copied.
   * @returns whether its content is new.
   */
  receive(id: number, bytes: Uint8Array, set: Set): boolean {
    const stored = this.#byId.get(id);
    if (stored && sameBytes(stored.bytes, bytes)) {
      this.#waiting.delete(id);
      return false;
    }
    const waiting = this.#waiting.get(id);
    const isNew = waiting === undefined || !sameBytes(waiting.bytes, bytes);
    const received = { bytes: bytes.slice(), set };
    if (this.#active === null || stored?.set !== this.#active.set) {
      this.#byId.set(id, received);
      return isNew;
    }
    this.#waiting.set(id, received);
    this.#hasNewWaiting = true;
    return isNew;
  }

  /**
   * The set in force for an id.
   *
   * @param mayActivate whether the picture may activate a set. If so, new content that waits is returned.
   */
  get(id: number, mayActivate: boolean): Set | undefined {
    const waiting = mayActivate ? this.#waiting.get(id) : undefined;
    return (waiting ?? this.#byId.get(id))?.set;
  }

  /** Makes a set the active one. It must be the one that `get` returned for the picture. */
  activate(id: number, set: Set): void {
    this.#active = { id, set };
    const waiting = this.#waiting.get(id);
    if (waiting?.set !== set) return;
    this.#byId.set(id, waiting);
    this.#waiting.delete(id);
  }

  /** Leaves no set active. Sets that wait take effect at once, as at the start. */
  deactivate(): void {
    this.#active = null;
    for (const [id, waiting] of this.#waiting) this.#byId.set(id, waiting);
    this.#waiting.clear();
  }

  /**
   * Whether new content for the active set waits although a picture refers to it that may not activate a set. True once for
   * each content.
   */
  takeRefusedChange(): boolean {
    const isNew = this.#hasNewWaiting;
    this.#hasNewWaiting = false;
    return isNew && this.#active !== null && this.#waiting.has(this.#active.id);
  }
}
