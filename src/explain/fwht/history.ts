/** What a request of FWHT is made of: its frame's header, and the frame before it. */

import type { Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, sourcesOf, state } from "../source.ts";

/** A frame that a request was made of. */
interface ReadFrame {
  readonly request: number;
  readonly unit: ReadUnit;
}

export class FwhtHistory implements CodecHistory {
  readonly #references = new Map<number, ReadFrame>();
  #unit: ReadUnit | undefined;

  take({ number, timestamp, sent: [unit] }: ReadRequest): void {
    this.#unit = unit;
    if (unit !== undefined) this.#references.set(timestamp, { request: number, unit });
  }

  release(timestamp: number): void {
    this.#references.delete(timestamp);
  }

  rules(): Readonly<Record<string, Rules>> {
    const unit = this.#unit;
    return unit === undefined ? {} : { V4L2_CID_STATELESS_FWHT_PARAMS: this.#paramsRules(unit) };
  }

  #paramsRules(unit: ReadUnit): Rules {
    return {
      "": ({ name, flag }) => sourcesOf(unit.element(flag ?? name)),
      backward_ref_ts: ({ value }) => {
        const found = this.#references.get(Number(value));
        const isIntra = conditions(unit.element("V4L2_FWHT_FL_I_FRAME"));
        if (found === undefined) return sourcesOf(computed("0: an I frame is predicted from no other"), isIntra);
        const what = "the frame before it, from which a P frame is predicted";
        return [state(found.request, what, found.unit.condition("magic1")), ...isIntra];
      },
    };
  }
}
