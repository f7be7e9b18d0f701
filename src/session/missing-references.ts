/** What the option `missingReferences` makes of a picture that lacks references. */
import type { ResolvedOptions } from "../options.ts";

/** Whether the picture is dropped. @param hasStandIn whether there is a picture that could take the place of a missing one. */
export function dropsPicture(option: ResolvedOptions["missingReferences"], hasStandIn: boolean): boolean {
  return option === "drop" || (option === "nearest" && !hasStandIn);
}

/** The message of an error that names them. */
export function missingFramesText(names: readonly string[], isDropped: boolean): string {
  return `the frame refers to missing frames: ${names.join(", ")}${isDropped ? "; it is dropped" : ""}`;
}
