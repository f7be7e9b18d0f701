import type { Codec } from "../../events.ts";
import type { ResolvedRequest } from "../../record/index.ts";
import { controlByName, elementSize } from "../../uapi/index.ts";
import { type FieldLine, fieldLines, menuName } from "./fields.ts";
import { pictureViews } from "./pictures.ts";
import type { Numbering } from "./references.ts";
import { printable, type Style } from "./terminal.ts";

/** Every control that is in effect for a request, field by field. */
export function requestText(codec: Codec, request: ResolvedRequest, numbering: Numbering, style: Style): string {
  const { bytes, crc32 } = request.bitstream;
  const facts = [
    `timestamp ${request.timestamp}`,
    ...(bytes === undefined ? [] : [`${bytes} bytes`]),
    ...(crc32 === undefined ? [] : [`crc32 ${crc32.toString(16).padStart(8, "0")}`]),
    ...(request.hold ? ["hold"] : []),
  ];
  const lines = [`${style.bold(`request ${request.request}`)}  ${facts.join(", ")}`];
  const row = pictureViews[codec].row(request, numbering);
  if (row !== undefined) {
    const cells = pictureViews[codec].columns.map(({ title }, i) => `${title} ${row.cells[i]}`);
    lines.push(cells.join(", "));
    if (row.references.length > 0) lines.push(`references ${row.references.join(" ")}`);
  }
  for (const [name, payload] of request.controls)
    lines.push("", ...controlLines(request, name, payload, numbering, style));
  return lines.map((line) => `${line}\n`).join("");
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
  const part = known === undefined ? "" : `, ${known.length} fields known`;
  const noteOf = (timestamp: bigint) => {
    const number = numbering.of(timestamp);
    return number === undefined ? "" : `request ${number}`;
  };
  const heading = `${title}  ${payload.length} bytes${elements}${part}${since}`;
  return [heading, ...alignFields(fieldLines(control, payload, noteOf, known), style)];
}

function alignFields(lines: readonly FieldLine[], style: Style): string[] {
  const width = Math.max(0, ...lines.map(({ path }) => path.length));
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
