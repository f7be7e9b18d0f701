/**
 * An empty array for objects: for a field, or for a function that runs once in a call of the session. V8 makes `[]` for small integers
 * until its first object comes, and gives up the code that it compiled for arrays of objects when it meets such a one: in each session,
 * everything that looks at the list while it is empty would be compiled again.
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
