/** Calls of requests that the kernel refuses before the first request is queued. */

import type { Answer } from "./answers.ts";
import type { Device } from "./filling.ts";

/** A refused call of a request. */
export interface RefusedOfRequest {
  readonly refusal: Answer;
  readonly device: Device;
  /** Of the request. */
  readonly key: string;
}

/** Refused calls that are remembered. */
const most = 10;

/** The record's device is not known yet, and a program may try something there, and go on with something else. */
export class EarlyRefusals {
  #refused: RefusedOfRequest[] = [];

  add(refused: RefusedOfRequest): void {
    this.#refused = [...this.#refused.slice(1 - most), refused];
  }

  /** The same call for the same request is not refused any more. */
  forget(call: string, key: string): void {
    if (this.#refused.length === 0) return;
    this.#refused = this.#refused.filter((each) => each.refusal.call !== call || each.key !== key);
  }

  /** Those of the device that is the record's. */
  takeOf(device: Device): Answer[] {
    const refused = this.#refused.filter((each) => each.device === device);
    this.#refused = [];
    return refused.map(({ refusal }) => refusal);
  }
}
