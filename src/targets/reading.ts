/** Whether a target's driver reads a field. */
import type { Codec } from "../events.ts";
import { controlByName } from "../uapi/index.ts";
import { evidenceOf, type ReadEvidence } from "./evidence.ts";
import type { Target, TargetCodec } from "./target.ts";

/** What a target's driver does with a field. */
export interface FieldReading {
  /**
   * `"read"`; `"unread"`; `"differently"`: otherwise than the kernel's documentation says; `"no-control"`: the driver does not have the
   * control.
   */
  readonly how: "read" | "unread" | "differently" | "no-control";
  /** How it is known that the driver reads the field. Undefined where it does not, or is taken to read everything. */
  readonly evidence: ReadEvidence | undefined;
  /** What the driver expects, and why, where it reads the field differently. */
  readonly quirk: string | undefined;
}

/** The fields that drivers read, by control, path and flag. */
export class ReadFields {
  readonly #readsAll: boolean;
  /** The paths that drivers read, and what they are in: `control.dpb`, `control`. */
  readonly #reads: ReadonlySet<string>;
  readonly #inside = new Set<string>();

  /** @param targets the drivers: a field counts that one of them reads. */
  constructor(codec: Codec, targets: readonly Target[]) {
    const lists = targets.flatMap(({ codecs }) => codecs[codec]?.reads ?? []);
    this.#readsAll = lists.includes("all");
    this.#reads = new Set(lists);
    for (const path of lists) for (const outer of outerPaths(path)) this.#inside.add(outer);
  }

  /** Whether a driver reads the field, or something in it. @param flag where the field is a set of flags. */
  has(control: string, path: string, flag: string | undefined): boolean {
    // A menu decides how the driver reads the rest. What is no control is the OUTPUT buffer.
    if (this.#readsAll || control === "" || controlByName(control)?.type === "menu") return true;
    const field = fieldName(control, path, flag);
    return this.#inside.has(field) || this.entryOf(control, path, flag) !== undefined;
  }

  /** The entry of `TargetCodec.reads` that the field is, or that it is in. */
  entryOf(control: string, path: string, flag: string | undefined): string | undefined {
    const field = fieldName(control, path, flag);
    return [field, ...outerPaths(field)].find((each) => this.#reads.has(each));
  }
}

/** A request has hundreds of fields. */
const known = new WeakMap<TargetCodec, ReadFields>();

/**
 * What a target's driver does with a field of a request: `explainRequest` says what the field was made of.
 *
 * @param control `"V4L2_CID_STATELESS_H264_SPS"`.
 * @param path with or without subscripts: `"dpb[3].pic_num"`.
 * @param flag where the field is a set of flags.
 */
export function fieldReading(target: Target, codec: Codec, control: string, path: string, flag?: string): FieldReading {
  const taken = target.codecs[codec];
  const none = { evidence: undefined, quirk: undefined };
  if (taken === undefined || !Object.hasOwn(taken.controls, control)) return { how: "no-control", ...none };
  let fields = known.get(taken);
  if (fields === undefined) {
    fields = new ReadFields(codec, [target]);
    known.set(taken, fields);
  }
  if (!fields.has(control, path, flag)) return { how: "unread", ...none };
  const entry = fields.entryOf(control, path, flag);
  const evidence = entry === undefined ? undefined : evidenceOf(target, codec, entry);
  const quirk = taken.quirks?.[control];
  const field = fieldName(control, path, flag);
  const isOther = quirk?.fields.some((each) => [field, ...outerPaths(field)].includes(`${control}.${each}`)) === true;
  return { how: isOther ? "differently" : "read", evidence, quirk: isOther ? quirk.text : undefined };
}

/** As `TargetCodec.reads` spells it: `"V4L2_CID_STATELESS_H264_SPS.flags.V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY"`. */
function fieldName(control: string, path: string, flag: string | undefined): string {
  const parts = [control, ...path.replace(/\[\d*\]/g, "").split("."), flag ?? ""];
  return parts.filter((part) => part !== "").join(".");
}

/** `"control.dpb"` and `"control"` of `"control.dpb.pic_num"`. */
function outerPaths(path: string): string[] {
  const parts = path.split(".");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("."));
}
