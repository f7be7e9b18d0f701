import type { ExplainedControl, ExplainedField, ExplainedRequest } from "../../explain/index.ts";
import { CliError } from "../io.ts";
import { suggestion } from "../suggest.ts";

/** Fields that `--field` names, with the fields that they contain. */
export class FieldChoice {
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /** @throws CliError where the request has no such field. */
  of(explained: ExplainedRequest): ExplainedRequest {
    const chosen = new Set<ExplainedField>();
    for (const text of this.#texts) {
      const found = explained.controls.flatMap((control) => fieldsOf(control, text));
      if (found.length === 0) throw new CliError(unknownText(text, explained));
      checkRanges(text, found, explained);
      for (const field of found) chosen.add(field);
    }
    const controls = explained.controls.flatMap((control) => {
      const fields = control.fields.filter((field) => chosen.has(field));
      return fields.length === 0 ? [] : [{ ...control, fields }];
    });
    return { ...explained, controls };
  }
}

function fieldsOf({ control, fields }: ExplainedControl, text: string): ExplainedField[] {
  const wanted = text.toLowerCase();
  const names = controlNames(control);
  if (names.includes(wanted)) return [...fields];
  const prefix = names.find((name) => wanted.startsWith(`${name}.`) || wanted.startsWith(`${name}[`));
  // In a dynamic array, the index comes right after the control's name.
  const inside = prefix === undefined ? wanted : wanted.slice(prefix.length).replace(/^\./, "");
  const keys = [...new Set([inside, wanted])].map(keysOf);
  return fields.filter((field) => pathsOf(field).some((path) => keys.some((each) => contains(each, keysOf(path)))));
}

function unknownText(text: string, { request, controls }: ExplainedRequest): string {
  const paths = controls.flatMap(({ fields }) => fields.flatMap(pathsOf));
  const withoutIndices = (path: string) => path.replace(/\[[^\]]*\]/g, "");
  const known = [
    ...new Set([...controls.flatMap(({ control }) => controlNames(control)), ...paths.map(withoutIndices)]),
  ].filter((name) => name !== "");
  const last = withoutIndices(text);
  const inner = last.includes(".") ? last.slice(last.indexOf(".") + 1) : last;
  const what = `--field: request ${request} has no field ${JSON.stringify(text)}`;
  const isKnown = (name: string) => known.some((each) => each === name || each.startsWith(`${name}.`));
  if (isKnown(last.toLowerCase()) || isKnown(inner.toLowerCase())) return `${what}${indexAdvice(text, paths)}`;
  const own = suggestion(last, known) || suggestion(inner, known);
  return `${what}${own || "; inspect --request shows the fields"}`;
}

/** @throws CliError where a range goes beyond the end of its array. */
function checkRanges(text: string, found: readonly ExplainedField[], { request, controls }: ExplainedRequest): void {
  const wanted = keysOf(text.toLowerCase());
  for (const [at, key] of wanted.entries()) {
    const to = /^\[\d*\.\.(\d+)\]$/.exec(key)?.[1];
    if (to === undefined) continue;
    // The name before it is that of a control, or of an array.
    const outer = wanted.slice(0, at);
    const all = controls.flatMap(({ control, fields }) =>
      fields.some((field) => found.includes(field)) ? fields.flatMap((field) => wholePaths(control, field)) : [],
    );
    const paths = all.map(keysOf).filter((path) => contains(outer, path));
    const indices = paths.flatMap((path) => /^\[(\d+)\]$/.exec(path[at] ?? "")?.[1] ?? []).map(Number);
    if (indices.length === 0 || Number(to) <= indices.reduce((a, b) => Math.max(a, b))) continue;
    const name = outer.join(".").replace(/\.\[/g, "[");
    throw new CliError(
      `--field: request ${request} has not all of ${JSON.stringify(text)}; ${elementsText(name, indices)}`,
    );
  }
}

/** The ways to write a field with its control and without. */
function wholePaths(control: string, field: ExplainedField): string[] {
  const paths = pathsOf(field);
  return [...paths, ...controlNames(control).flatMap((name) => paths.map((path) => `${name}.${path}`))];
}

function elementsText(name: string, indices: readonly number[]): string {
  const first = indices.reduce((a, b) => Math.min(a, b));
  const last = indices.reduce((a, b) => Math.max(a, b));
  const count = last - first + 1;
  return `${name} has ${count} element${count === 1 ? "" : "s"}, ${first} to ${last}`;
}

/** The name is there: which indices it has. */
function indexAdvice(text: string, paths: readonly string[]): string {
  const wanted = keysOf(text.toLowerCase());
  for (let length = wanted.length - 1; length > 0; length--) {
    for (const begin of [0, 1]) {
      const outer = wanted.slice(begin, length);
      const next = paths.map(keysOf).filter((path) => outer.length > 0 && contains(outer, path));
      if (next.length === 0) continue;
      const indices = next.flatMap((path) => /^\[(\d+)\]$/.exec(path[outer.length] ?? "")?.[1] ?? []).map(Number);
      const name = outer.join(".").replace(/\.\[/g, "[");
      if (indices.length === 0) return `; ${name} has no elements`;
      return `; ${elementsText(name, indices)}`;
    }
  }
  return "; inspect --request shows the fields";
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
  return flag.replace(/^V4L2_.*?_(?:FLAG|FL)_/, "").replace(/^V4L2_(H264_SPS|VP8_LF|VP9|HEVC)_/, "");
}

/** `["dpb", "[3]", "pic_num"]` of `"dpb[3].pic_num"`. */
export function keysOf(path: string): string[] {
  return [...path.matchAll(/\[[^\]]*\]|[^.[\]]+/g)].map(([key]) => key);
}

/** Whether a path begins with what is wanted, which may have ranges: `"[2..15]"`. */
function contains(wanted: readonly string[], path: readonly string[]): boolean {
  return wanted.length <= path.length && wanted.every((key, i) => isKey(key, path[i] as string));
}

function isKey(wanted: string, key: string): boolean {
  if (wanted === key) return true;
  const [, from, to] = /^\[(\d*)\.\.(\d*)\]$/.exec(wanted) ?? [];
  const [, index] = /^\[(\d+)\]$/.exec(key) ?? [];
  if (from === undefined || to === undefined || index === undefined) return false;
  return Number(index) >= Number(from) && (to === "" || Number(index) <= Number(to));
}
