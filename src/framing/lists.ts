/**
 * An empty array for objects that lives long, or is made once for each call. V8 keeps an array for small integers until its first object comes,
 * and gives up the code that it compiled for arrays of objects when it meets one: in each session, everything that looks at the list
 * while it is empty would be compiled again.
 */
export function emptyList<T extends object>(): T[] {
  const list: (T | null)[] = [null];
  list.pop();
  return list as T[];
}

/** An array of zeros. `fill` would be a call into C++. */
export function zeros(count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = 0;
  return list;
}
