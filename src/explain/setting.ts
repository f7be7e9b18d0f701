import { type Source, state } from "./source.ts";

/** A value that a picture has set, and that stays in force until another picture sets it. */
export interface Setting {
  readonly request: number;
  /** Made only when they are asked for. */
  readonly sources: () => Source[];
}

/** The sources of a value in force. @param what it is called, with its clause. */
export function inForce(request: number, setting: Setting, what: string): Source[] {
  return setting.request === request ? setting.sources() : [state(setting.request, what, setting.sources())];
}
