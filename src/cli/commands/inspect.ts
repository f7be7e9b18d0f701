import type { Codec } from "../../events.ts";
import type { ResolvedLine, ResolvedRequest, SequenceLine } from "../../record/index.ts";
import { formatControls } from "../../targets/picture-format.ts";
import type { Arguments } from "../arguments.ts";
import type { RecordInput, StreamInput } from "../input.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { errorText } from "../printing/errors.ts";
import { pictureViews } from "../printing/pictures.ts";
import { Numbering } from "../printing/references.ts";
import { requestText } from "../printing/show-request.ts";
import { alignRow, type Column, type Style, styleFor } from "../printing/terminal.ts";
import { itemsOf } from "../source.ts";

/** A line for each picture, or with `--request` every control of one. Returns the exit status. */
export async function inspect(io: Io, input: StreamInput | RecordInput, args: Arguments): Promise<number> {
  const codec = input.kind === "record" ? input.header.codec : input.codec;
  const style = styleFor(io);
  const printer = new Printer(io.stdout);
  const numbering = new Numbering();
  const table = new Table(codec, numbering, style);
  let requests = 0;
  for await (const items of itemsOf(io, input, args)) {
    for (const item of items) {
      if (item.type === "request") {
        requests++;
        if (item.request === args.request) {
          printer.add(requestText(codec, item, numbering, style));
          await printer.flush();
          return 0;
        }
      }
      if (args.request === undefined) printer.add(table.line(item));
      // Only now: what it refers to came before it, also where a timestamp is used again.
      if (item.type === "request") numbering.note(item.request, item.timestamp);
      await printer.drain();
    }
  }
  await printer.flush();
  if (requests === 0) throw new CliError(`${input.name}: no picture could be decoded`);
  if (args.request !== undefined) {
    throw new CliError(`${input.name}: there is no request ${args.request}; it has ${requests} requests`);
  }
  return 0;
}

const before: readonly Column[] = [
  { title: "request", align: "right", width: 7 },
  { title: "timestamp", align: "right", width: 10 },
];
const after: readonly Column[] = [
  { title: "bytes", align: "right", width: 8 },
  { title: "references", align: "left", width: 24 },
  { title: "flags", align: "left", width: 0 },
];

/** The lines of the table, one by one: they must not wait for the widest cell. */
class Table {
  readonly #codec: Codec;
  readonly #numbering: Numbering;
  readonly #style: Style;
  readonly #columns: readonly Column[];
  #headed = false;
  #hasSequences = false;
  #format = "";

  constructor(codec: Codec, numbering: Numbering, style: Style) {
    this.#codec = codec;
    this.#numbering = numbering;
    this.#style = style;
    this.#columns = [...before, ...pictureViews[codec].columns, ...after];
  }

  /** With line feeds; empty when there is nothing to show. */
  line(item: ResolvedLine): string {
    switch (item.type) {
      case "sequence":
        this.#hasSequences = true;
        return `${this.#style.bold(sequenceText(item))}\n`;
      case "error":
        return `${this.#style.red(errorText(item))}\n`;
      case "request":
        return this.#newFormat(item) + this.#heading() + this.#row(item);
      default:
        return "";
    }
  }

  /** Other producers' records have no sequence lines: there the controls tell of a new format. */
  #newFormat(request: ResolvedRequest): string {
    if (this.#hasSequences) return "";
    const { name, size, read } = formatControls[this.#codec];
    const payload = request.controls.get(name);
    if (!(payload instanceof Uint8Array) || payload.length !== size) return "";
    const { width, height, bitDepthLuma, chromaFormat } = read(payload);
    const format = formatText(width.value, height.value, bitDepthLuma?.value, chromaFormat?.value);
    if (format === this.#format) return "";
    this.#format = format;
    return `${this.#style.bold(`sequence  ${format}`)}\n`;
  }

  #heading(): string {
    if (this.#headed) return "";
    this.#headed = true;
    const titles = this.#columns.map(({ title }) => title);
    return `${this.#style.dim(alignRow(this.#columns, titles))}\n`;
  }

  #row(request: ResolvedRequest): string {
    const row = pictureViews[this.#codec].row(request, this.#numbering);
    const cells = row?.cells ?? pictureViews[this.#codec].columns.map(() => "");
    const flags = [...(row?.flags ?? []), ...(request.hold ? ["hold"] : [])];
    const paint = this.#columns.map(({ title }) =>
      title === "type" ? this.#typePaint(cells[0] ?? "") : (text: string) => text,
    );
    const texts = [
      String(request.request),
      String(request.timestamp),
      ...cells,
      String(request.bitstream.bytes ?? ""),
      row?.references.join(" ") || "-",
      flags.join(" "),
    ];
    return `${alignRow(this.#columns, texts, paint)}\n`;
  }

  #typePaint(type: string): (text: string) => string {
    if (["IDR", "IRAP", "I", "key", "intra"].includes(type)) return this.#style.green;
    return type.includes("B") ? this.#style.cyan : this.#style.yellow;
  }
}

function formatText(width?: number, height?: number, bitDepth?: number, chromaFormat?: number): string {
  const chroma = chromaFormat === undefined ? undefined : ["4:0:0", "4:2:0", "4:2:2", "4:4:4", "4:4:0"][chromaFormat];
  const depth = bitDepth === undefined ? undefined : `${bitDepth} bit`;
  return [`${width ?? "?"}x${height ?? "?"}`, chroma, depth].filter((part) => part !== undefined).join("  ");
}

function sequenceText(item: SequenceLine): string {
  const { visible, captureBuffers, realloc, keepsReferences } = item;
  const format = formatText(item.codedWidth, item.codedHeight, item.bitDepthLuma, item.chromaFormat);
  const shown =
    visible === undefined ? undefined : `shows ${visible.width}x${visible.height}+${visible.left}+${visible.top}`;
  const buffers = captureBuffers === undefined ? undefined : `${captureBuffers} CAPTURE buffers`;
  const kept = realloc === false ? "buffers can be kept" : undefined;
  const references = keepsReferences === true ? "keeps references" : undefined;
  return ["sequence", format, shown, buffers, kept, references].filter((part) => part !== undefined).join("  ");
}
