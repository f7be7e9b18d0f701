import type { ExplainedControl, ExplainedField, ExplainedRequest } from "../../explain/index.ts";
import { CliError } from "../io.ts";
import { suggestion } from "../suggest.ts";

/** A field that `--field` names, or the fields that it contains. */
export class FieldChoice {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws CliError where the request has no such field. */
  of(explained: ExplainedRequest): ExplainedRequest {
    const controls = explained.controls.flatMap((control) => {
      const fields = this.#fieldsOf(control);
      return fields.length === 0 ? [] : [{ ...control, fields }];
    });
    if (controls.length === 0) throw new CliError(this.#unknown(explained));
    return { ...explained, controls };
  }

  #fieldsOf({ control, fields }: ExplainedControl): ExplainedField[] {
    const wanted = this.#text.toLowerCase();
    const names = controlNames(control);
    if (names.includes(wanted)) return [...fields];
    const prefix = names.find((name) => wanted.startsWith(`${name}.`) || wanted.startsWith(`${name}[`));
    // In a dynamic array, the index comes right after the control's name.
    const inside = prefix === undefined ? undefined : wanted.slice(prefix.length).replace(/^\./, "");
    return fields.filter((field) =>
      pathsOf(field).some((path) => contains(inside ?? wanted, path) || contains(wanted, path)),
    );
  }

  #unknown({ request, controls }: ExplainedRequest): string {
    const names = controls.flatMap(({ control, fields }) => [
      ...controlNames(control),
      ...fields.flatMap((field) => pathsOf(field).map((path) => path.replace(/\[\d+\]/g, ""))),
    ]);
    const last = this.#text.replace(/\[\d*\]/g, "");
    const known = [...new Set(names)].filter((name) => name !== "");
    const own = suggestion(last, known);
    const inner = last.includes(".") ? suggestion(last.slice(last.indexOf(".") + 1), known) : "";
    const advice = own || inner || "; inspect --request shows the fields";
    return `--field: request ${request} has no field ${JSON.stringify(this.#text)}${advice}`;
  }
}

/** The words for a control, in lower case: `v4l2_cid_stateless_h264_sps`, `h264_sps`, `sps`. */
function controlNames(control: string): string[] {
  const whole = control.toLowerCase();
  const short = whole.replace("v4l2_cid_stateless_", "");
  return [whole, short, short.replace(/^[a-z0-9]+_/, "")];
}

/** The ways to write a field, in lower case: flags by both names, elements of a dynamic array with and without the index. */
function pathsOf({ path, flag }: ExplainedField): string[] {
  const whole = path.toLowerCase();
  const flags = flag === undefined ? [""] : [`.${flag.toLowerCase()}`, `.${shortFlag(flag).toLowerCase()}`];
  const bare = whole.replace(/^\[\d+\]\.?/, "");
  return flags.flatMap((end) => [whole + end, bare + end]);
}

/** A flag without the words that its control has, too: `"FRAME_MBS_ONLY"`. */
export function shortFlag(flag: string): string {
  return flag.replace(/^V4L2_.*?_FLAG_/, "").replace(/^V4L2_(H264_SPS|VP8_LF|VP9|HEVC)_/, "");
}

function contains(wanted: string, path: string): boolean {
  return path === wanted || path.startsWith(`${wanted}.`) || path.startsWith(`${wanted}[`);
}
