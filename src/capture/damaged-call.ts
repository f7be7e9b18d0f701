import { CaptureError } from "./calls.ts";

/** A call that is there in part only, so that calls may be missing before the next one. */
export class DamagedCall extends CaptureError {
  declare readonly line: number;

  constructor(reason: string, line: number) {
    super(reason, line);
  }
}
