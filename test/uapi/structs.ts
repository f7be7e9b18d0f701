import * as uapi from "../../src/uapi/index.ts";

function isStruct(value: unknown): value is uapi.Struct {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "struct";
}

/** Every export of `src/uapi` with its name. */
export const uapiEntries: readonly [string, unknown][] = Object.entries(uapi);

/** Every struct that `src/uapi` exports, by the name of the export. */
export const structs: ReadonlyMap<string, uapi.Struct> = new Map(
  uapiEntries.filter((entry): entry is [string, uapi.Struct] => isStruct(entry[1])),
);

/** Every number that `src/uapi` exports, by its name. */
export const constants: ReadonlyMap<string, number> = new Map(
  uapiEntries.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
);
