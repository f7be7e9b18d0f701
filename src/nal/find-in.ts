import { objectOf } from "../bytes.ts";

/** Finds the sets of a slice by the id of their PPS. */
interface Lookup<Sets> {
  find(id: number): Sets;
}

/**
 * Returns a function that finds a slice's sets: in a lookup, or where a parser is given the sets themselves, these.
 *
 * @throws TypeError where `sets` is neither; and when it is called, where the lookup returns no sets.
 */
export function findIn<Sets extends { readonly sps: object; readonly pps: object }>(
  sets: Sets | Lookup<Sets>,
): (id: number) => Sets {
  if ("find" in objectOf(sets, "sets")) return (id) => checkedSets((sets as Lookup<Sets>).find(id));
  const both = checkedSets(sets as Sets);
  return () => both;
}

function checkedSets<Sets extends { readonly sps: object; readonly pps: object }>(sets: Sets): Sets {
  const { sps, pps } = objectOf(sets, "the sets that find returns");
  objectOf(sps, "sps");
  objectOf(pps, "pps");
  return sets;
}
