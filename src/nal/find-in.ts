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
  if ("find" in objectOf(sets, "sets"))
    return (id) => checkedSets(objectOf((sets as Lookup<Sets>).find(id), "what find returns"));
  const both = checkedSets(sets as Sets);
  return () => both;
}

function checkedSets<Sets extends { readonly sps: object; readonly pps: object }>(sets: Sets): Sets {
  objectOf(sets.sps, "sps");
  objectOf(sets.pps, "pps");
  return sets;
}
