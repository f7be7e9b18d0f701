/** Freezes a structure and what is in its fields: many headers share it, and nobody may change it. */
export function frozen<T extends object>(structure: T): T {
  for (const value of Object.values(structure)) Object.freeze(value);
  return Object.freeze(structure);
}

/** Two numbers that are 0 in most headers. V8 is slow in reading frozen arrays: compare with this one before you read it often. */
export const noPair: readonly [number, number] = /* @__PURE__ */ Object.freeze([0, 0] as [number, number]);

/** An array for elements that are absent. */
export const noNumbers: readonly number[] = /* @__PURE__ */ Object.freeze([]);
