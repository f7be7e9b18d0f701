import type { Condition } from "../comparator.ts";

/** What the rows of disagreements.json can ask about FWHT: they ask nothing yet. */
export const conditionsFwht = {} as const satisfies Record<string, Condition>;
