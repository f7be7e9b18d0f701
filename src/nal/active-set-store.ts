import { sameBytes } from "../framing/bytes.ts";

interface Stored<Set> {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly set: Set;
}

/**
 * Sequence parameter sets by id. New content for the id of the active set takes effect only at a picture that may activate a
 * set: 7.4.1.2.1 of H.264, 7.4.2.4.2 of H.265. A set that is repeated unchanged stays the same object.
 */
export class ActiveSetStore<Set> {
  readonly #byId = new Map<number, Stored<Set>>();
  /** New content for the id of the active set. */
  #waiting: Stored<Set> | null = null;
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
    const waiting = this.#waiting?.id === id ? this.#waiting : null;
    if (stored && sameBytes(stored.bytes, bytes)) {
      if (waiting !== null) this.#waiting = null;
      return false;
    }
    const received = { id, bytes: bytes.slice(), set };
    if (this.#active?.id === id) {
      this.#waiting = received;
      this.#hasNewWaiting = true;
    } else this.#byId.set(id, received);
    return waiting === null || !sameBytes(waiting.bytes, bytes);
  }

  /**
   * The set in force for an id.
   *
   * @param mayActivate whether the picture may activate a set. If so, new content that waits is returned.
   */
  get(id: number, mayActivate: boolean): Set | undefined {
    const waiting = mayActivate && this.#waiting?.id === id ? this.#waiting : null;
    return (waiting ?? this.#byId.get(id))?.set;
  }

  /** Makes a set the active one. It must be the one that `get` returned for the picture that activates it. */
  activate(id: number, set: Set): void {
    this.#active = { id, set };
    this.#takeWaiting();
  }

  /** Leaves no set active. A set that waits takes effect at once, as at the start. */
  deactivate(): void {
    this.#active = null;
    this.#takeWaiting();
  }

  #takeWaiting(): void {
    if (this.#waiting !== null) this.#byId.set(this.#waiting.id, this.#waiting);
    this.#waiting = null;
  }

  /**
   * Whether new content for the active set waits although a picture refers to it that may not activate a set. True once for
   * each content.
   */
  takeRefusedChange(): boolean {
    const isNew = this.#hasNewWaiting;
    this.#hasNewWaiting = false;
    return isNew && this.#waiting !== null;
  }
}
