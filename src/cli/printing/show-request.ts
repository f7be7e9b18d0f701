import type { Codec } from "../../events.ts";
import { numberOfElements } from "../../record/format.ts";
import type { ResolvedRequest } from "../../record/index.ts";
import { controlByName, elementSize } from "../../uapi/index.ts";
import { type FieldLine, fieldLines, menuName } from "./fields.ts";
import { pictureViews } from "./pictures.ts";
import { type Numbering, referenceText } from "./references.ts";
import type { PictureLine } from "./shown-pictures.ts";
import { fold, printable, type Style } from "./terminal.ts";

/** Every control that is in effect for a request, field by field. @param columns of the terminal. */
export function controlsText(
  request: ResolvedRequest,
  numbering: Numbering,
  style: Style,
  columns: number | undefined,
): string {
  const lines = [...request.controls].flatMap(([name, payload]) => [
    "",
    ...controlLines(request, name, payload, numbering, style),
  ]);
  return lines.map((line) => `${fold(line, columns, indentOf(line))}\n`).join("");
}

/** The facts about a request, then `controls`, its `controlsText`. @param columns of the terminal. */
export function requestText(
  codec: Codec,
  { request, picture, shown, controls = "" }: PictureLine,
  style: Style,
  columns: number | undefined,
): string {
  const { bytes, crc32 } = request.bitstream;
  const facts = [
    `timestamp ${request.timestamp}`,
    ...(bytes === undefined ? [] : [`${bytes} bytes`]),
    ...(crc32 === undefined ? [] : [`crc32 ${crc32.toString(16).padStart(8, "0")}`]),
    ...(request.hold ? ["hold"] : []),
    ...(shown === undefined ? [] : [`order ${shown.order}`]),
    ...(shown?.pts === undefined ? [] : [`pts ${shown.pts}`]),
    ...(shown?.corrupt === true ? ["corrupt"] : []),
  ];
  const lines = [`${style.bold(`request ${request.request}`)}  ${facts.join(", ")}`];
  if (picture !== undefined) {
    const cells = pictureViews[codec].columns.map(({ title, text }) => `${title} ${text(picture.facts, false)}`);
    lines.push([`type ${picture.type}`, ...cells].join(", "));
    const references = picture.references.map((reference) => referenceText(reference, false));
    if (references.length > 0) lines.push(`references ${references.join(" ")}`);
  }
  return lines.map((line) => `${fold(line, columns, 2)}\n`).join("") + controls;
}

/** Further lines begin below the value, as far as the terminal has room. */
function indentOf(line: string): number {
  return /^ {2}\S+ +/.exec(line)?.[0].length ?? 2;
}

function controlLines(
  request: ResolvedRequest,
  name: string,
  payload: Uint8Array | number,
  numbering: Numbering,
  style: Style,
): string[] {
  const since = request.own.has(name) ? "" : style.dim("  set before");
  const title = style.bold(printable(name));
  if (typeof payload === "number")
    return [`${title} = ${payload}  ${style.cyan(menuName(name, payload) ?? "")}${since}`];
  const control = controlByName(name);
  const size = control === undefined || control.type === "menu" ? undefined : elementSize(control);
  const isWhole =
    size !== undefined && control !== undefined && "dynamicArray" in control && control.dynamicArray !== undefined
      ? payload.length % size === 0
      : payload.length === size;
  if (control === undefined || control.type === "menu" || size === undefined || !isWhole) {
    const expected = size === undefined ? "a control this version does not know" : `a struct has ${size} bytes`;
    return [`${title}  ${payload.length} bytes: ${expected}${since}`, ...hexLines(payload)];
  }
  const known = request.known.get(name);
  const elements = control.dynamicArray === undefined ? "" : `, ${payload.length / size} elements`;
  const fields = known?.filter((path) => path !== numberOfElements).length;
  const part = fields === undefined ? "" : `, ${fields} fields known`;
  const noteOf = (timestamp: bigint) => {
    const number = numbering.of(timestamp);
    return number === undefined ? "" : `request ${number}`;
  };
  const heading = `${title}  ${payload.length} bytes${elements}${part}${since}`;
  return [heading, ...alignFields(fieldLines(control, payload, noteOf, known), style)];
}

function alignFields(lines: readonly FieldLine[], style: Style): string[] {
  const width = lines.reduce((longest, { path }) => Math.max(longest, path.length), 0);
  return lines.map(({ path, value, note }) => {
    const text = `  ${path.padEnd(width)}  ${value}`;
    return note === "" ? text : `${text}  ${style.cyan(note)}`;
  });
}

function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = Array.from(bytes.subarray(offset, offset + 16), (byte) => byte.toString(16).padStart(2, "0"));
    lines.push(`  ${String(offset).padStart(5)}  ${row.join(" ")}`);
  }
  return lines;
}
