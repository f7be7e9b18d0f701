/** Freezes a structure and what is in its fields: many headers share it, and nobody may change it. */
export function frozen<T extends object>(structure: T): T {
  for (const value of Object.values(structure)) Object.freeze(value);
  return Object.freeze(structure);
}

/** An array for elements that are absent. */
export const noNumbers: readonly number[] = /* @__PURE__ */ Object.freeze([]);
