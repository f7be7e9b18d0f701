/** References to pictures whose requests a capture lost: their timestamps are all that it has of them. */

import { Recent } from "../record/recent.ts";
import type { Clock } from "./casting.ts";
import type { Comparator, Occurrence } from "./comparator.ts";
import { isReadablePayload } from "./payloads.ts";
import type { Entry, Timeline, User } from "./timeline.ts";

/** More than any picture stays a reference. */
const rememberedPictures = 1 << 12;

/** Finds out which timestamp means a lost picture, by the other recording's request, and remembers it. */
export class LostReferences {
  readonly #pair: readonly [Timeline, Timeline];
  readonly #comparator: Comparator;
  readonly #clock: Clock;
  /** Pictures of one recording that the other lost. */
  readonly #lost = new WeakSet<User>();
  /** The numbers of the last of them, of each recording. */
  readonly #numbers = [
    new Recent<number, true>(rememberedPictures),
    new Recent<number, true>(rememberedPictures),
  ] as const;
  #hasLost = false;

  constructor(pair: readonly [Timeline, Timeline], comparator: Comparator, clock: Clock) {
    this.#pair = pair;
    this.#comparator = comparator;
    this.#clock = clock;
  }

  /** The other recording lost this request. @param of the place of the recording that has it. */
  add({ user }: Entry, of: 0 | 1): void {
    // Of some pictures the other recording has other slices.
    if (user.partners.has(this.#pair[of === 0 ? 1 : 0])) return;
    this.#lost.add(user);
    this.#numbers[of].set(user.picture, true);
    this.#hasLost = true;
  }

  /**
   * Whether a value names a picture that a recording lost: what the other one says of it cannot be held against it.
   *
   * @param ours the place of the recording whose numbers the value has.
   */
  isNamed({ values, entries }: Pick<Occurrence, "values" | "entries">, ours: 0 | 1): boolean {
    if (!this.#hasLost) return false;
    const named = [...Object.values(values), ...Object.values(entries).map((entry) => entry?.picture)];
    return named.some((value) => {
      const numbers = typeof value === "string" ? value.matchAll(/#(-?\d+)/g) : [];
      return [...numbers].some(([, number]) => Number(number) < 0 || this.#numbers[ours].get(Number(number)) === true);
    });
  }

  /** Before two requests are compared. */
  learn(a: Entry, b: Entry): void {
    if (!this.#hasLost) return;
    this.#learn(a, b, 0);
    this.#learn(b, a, 1);
  }

  /** @param of the place of the recording that has the pictures. */
  #learn(entry: Entry, partner: Entry, of: 0 | 1): void {
    const [own, other] = of === 0 ? this.#pair : ([this.#pair[1], this.#pair[0]] as const);
    for (const name of entry.request.controls.keys()) {
      const [named, theirs] = [this.#timestamps(name, entry), this.#timestamps(name, partner)];
      const lost = named.map((timestamp) => this.#lostPicture(own, other, entry, timestamp));
      if (lost.every((user) => user === undefined)) continue;
      const isOpen = (timestamp: bigint): boolean => other.userBefore(partner.request.index, timestamp) === undefined;
      const open = new Set(theirs.filter(isOpen));
      for (const [place, user] of lost.entries()) {
        if (user === undefined || user.partners.has(other)) continue;
        const timestamp = this.#meaning(user, of, open) ?? this.#atPlace(theirs[place], open);
        if (timestamp === undefined) continue;
        other.addLost(timestamp, partner.request.index, own, user);
        open.delete(timestamp);
      }
    }
  }

  #timestamps(name: string, { request }: Entry): readonly bigint[] {
    const payload = request.controls.get(name);
    const found: bigint[] = [];
    if (!(payload instanceof Uint8Array) || !isReadablePayload(name, payload)) return found;
    this.#comparator.rawPayload(name, payload, (timestamp) => {
      found.push(timestamp);
      return timestamp;
    });
    return found;
  }

  #lostPicture(own: Timeline, other: Timeline, entry: Entry, timestamp: bigint): User | undefined {
    const user = own.userBefore(entry.request.index, timestamp);
    return user !== undefined && this.#lost.has(user) && !user.partners.has(other) ? user : undefined;
  }

  /** The timestamp that the picture must have, as far as timestamps differ by a constant. */
  #meaning({ timestamp }: User, of: 0 | 1, open: ReadonlySet<bigint>): bigint | undefined {
    const { offset } = this.#clock;
    if (offset === undefined) return undefined;
    const translated = of === 0 ? timestamp + offset : timestamp - offset;
    return open.has(translated) ? translated : undefined;
  }

  /** The same field names the same picture; where references are a list, the only one that names none. */
  #atPlace(timestamp: bigint | undefined, open: ReadonlySet<bigint>): bigint | undefined {
    if (this.#comparator.listsReferences) return open.size === 1 ? [...open][0] : undefined;
    return timestamp !== undefined && open.has(timestamp) ? timestamp : undefined;
  }
}
