import type { Codec } from "../../events.ts";
import type { ResolvedRequest, SequenceLine } from "../../record/index.ts";
import { type FormatControl, formatControls } from "../../targets/picture-format.ts";
import { type FactColumn, type PictureView, pictureViews } from "./pictures.ts";
import { referenceText } from "./references.ts";
import type { PictureLine } from "./shown-pictures.ts";
import { clip, fitWords, type Layout, layoutOf, legendText, rowOf, type TableColumn } from "./table.ts";
import { type Column, fold, type Style, widthOf } from "./terminal.ts";

const before: readonly TableColumn[] = [
  { title: "request", align: "right", width: 7, narrow: { title: "req", width: 5 } },
  { title: "timestamp", align: "right", width: 10, narrow: { title: "timestamp", width: 9 }, rank: 3 },
  { title: "order", align: "right", width: 5, narrow: { title: "ord", width: 4 } },
  { title: "pts", align: "right", width: 8, narrow: { title: "pts", width: 6 }, rank: 1 },
  { title: "type", align: "left", width: 5, narrow: { title: "type", width: 4 } },
];
const bytes: TableColumn = { title: "bytes", align: "right", width: 8, narrow: { title: "bytes", width: 6 } };
const references: TableColumn = { title: "references", align: "left", width: 24, narrow: { title: "refs", width: 20 } };
const flags: TableColumn = { title: "flags", align: "left", width: 0 };

/** The letters that are the same for all codecs. */
const commonLetters: Readonly<Record<string, string>> = { hold: "h", corrupt: "!" };
const namedReferences: Readonly<Record<Codec, readonly string[]>> = {
  h264: [],
  h265: [],
  vp8: ["last", "golden", "alt"],
  vp9: ["last", "golden", "alt"],
  av1: ["last", "last2", "last3", "golden", "bwdref", "altref2", "altref"],
  mpeg2: ["forward", "backward"],
  fwht: [],
};

/** Makes the lines of the table one by one, without waiting for the widest cell. */
export class PictureTable {
  readonly #codec: Codec;
  readonly #style: Style;
  readonly #width: number | undefined;
  readonly #view: PictureView;
  readonly #columns: readonly TableColumn[];
  readonly #layout: Layout;
  readonly #letters: Readonly<Record<string, string>>;
  #isHeaded = false;
  #hasSequences = false;
  #format = "";

  /** @param width of the terminal; undefined where there is none. */
  constructor(codec: Codec, style: Style, width: number | undefined) {
    this.#codec = codec;
    this.#style = style;
    this.#width = width;
    this.#view = pictureViews[codec];
    this.#columns = [...before, ...this.#view.columns, bytes, references, flags];
    this.#letters = { ...this.#view.letters, ...commonLetters };
    const words = Object.keys(this.#letters);
    const more = (length: number) => Math.max(0, length - flags.title.length);
    const rest = { full: more(words.join(" ").length), narrow: more(words.length) };
    this.#layout = layoutOf(this.#columns, width, rest);
  }

  /** A line with its line feed; empty when there is nothing to show. */
  line(item: PictureLine | SequenceLine): string {
    if (item.type === "sequence") {
      this.#hasSequences = true;
      return this.#bold(sequenceText(item));
    }
    return this.#newFormat(item.request) + this.#heading() + this.#row(item);
  }

  #bold(line: string): string {
    return `${this.#style.bold(fold(line, this.#width, 10))}\n`;
  }

  /** Records of other producers have no sequence lines. For these, the controls show a new format. */
  #newFormat(request: ResolvedRequest): string {
    if (this.#hasSequences) return "";
    const format = formatOf(this.#codec, request);
    if (format === undefined || format === this.#format) return "";
    this.#format = format;
    return this.#bold(`sequence  ${format}`);
  }

  #heading(): string {
    if (this.#isHeaded) return "";
    this.#isHeaded = true;
    const layout = this.#layout;
    const titles: string[] = [];
    for (const [i, place] of layout.places.entries()) titles[place] = layout.columns[i]?.title ?? "";
    const heading = `${this.#style.dim(clip(rowOf(layout, titles), this.#width))}\n`;
    if (!layout.isNarrow || this.#width === undefined) return heading;
    const names = namedReferences[this.#codec].map((name) => `${name[0]} ${name}`);
    const flagWords = Object.entries(this.#letters).map(([word, letter]) => `${letter} ${word}`);
    const legend = [...layout.legend, ...names, ...flagWords, "+N more references"];
    return legendText(this.#style, legend, this.#width) + heading;
  }

  #row({ request, picture, shown }: PictureLine): string {
    const layout = this.#layout;
    const { isNarrow } = layout;
    const words = [
      ...(picture?.flags ?? []),
      ...(request.hold ? ["hold"] : []),
      ...(shown?.corrupt === true ? ["corrupt"] : []),
    ];
    const flagText = isNarrow ? words.map((word) => this.#letters[word] ?? word).join("") : words.join(" ");
    const names = (picture?.references ?? []).map((reference) => referenceText(reference, isNarrow));
    const cells = [
      String(request.request),
      String(request.timestamp),
      String(shown?.order ?? "-"),
      String(shown?.pts ?? "-"),
      picture?.type ?? "",
      ...this.#view.columns.map((column: FactColumn) => column.text(picture?.facts ?? {}, isNarrow)),
      String(request.bitstream.bytes ?? ""),
      names.join(" ") || "-",
      flagText,
    ];
    const fitted = this.#fitted(cells, names, flagText.length);
    const paint = (text: string, at: number) => (at === typePlace ? this.#typePaint(cells[at] ?? "")(text) : text);
    return `${clip(rowOf(fitted, cells, paint), this.#width)}\n`;
  }

  /** Cuts the references of `cells` where the row would be too long. @returns the layout for this row. */
  #fitted(cells: string[], names: readonly string[], flagWidth: number): Layout {
    const layout = this.#layout;
    const width = this.#width;
    const place = this.#columns.indexOf(references);
    const own = layout.columns[layout.places.indexOf(place)]?.width ?? 0;
    if (width === undefined || widthOf(rowOf(layout, cells)) <= width) return layout;
    const others = cells.slice(0, place);
    const room = width + own - widthOf(rowOf(layout, [...others, "", "x".repeat(Math.max(1, flagWidth))]));
    if (names.length > 0) cells[place] = fitWords(names, room);
    const narrowed = (column: Column, i: number) =>
      layout.places[i] === place ? { ...column, title: "", width: Math.max(0, Math.min(own, room)) } : column;
    return { ...layout, columns: layout.columns.map(narrowed) };
  }

  #typePaint(type: string): (text: string) => string {
    if (["IDR", "IRAP", "I", "key", "intra"].includes(type)) return this.#style.green;
    return type.includes("B") ? this.#style.cyan : this.#style.yellow;
  }
}

const typePlace = before.findIndex(({ title }) => title === "type");

/** The format that the controls of a request have; undefined where they have none. */
export function formatOf(codec: Codec, request: ResolvedRequest): string | undefined {
  const { ofSize, ...ofFormat } = formatControls[codec];
  const read = <Format>(control: FormatControl<Format>): Format | undefined => {
    const payload = request.controls.get(control.name);
    return payload instanceof Uint8Array && payload.length === control.size ? control.read(payload) : undefined;
  };
  const format = read(ofFormat);
  if (format === undefined) return undefined;
  const { bitDepthLuma, chromaFormat } = format;
  const { width, height } = (ofSize && read(ofSize)) ?? format;
  return formatText(width.value, height.value, bitDepthLuma?.value, chromaFormat?.value);
}

/** `"1920x1080  4:2:0  8 bit"`; unknown parts are left out. */
export function formatText(width?: number, height?: number, bitDepth?: number, chromaFormat?: number): string {
  const chroma = chromaFormat === undefined ? undefined : ["4:0:0", "4:2:0", "4:2:2", "4:4:4", "4:4:0"][chromaFormat];
  const depth = bitDepth === undefined ? undefined : `${bitDepth} bit`;
  return [`${width ?? "?"}x${height ?? "?"}`, chroma, depth].filter((part) => part !== undefined).join("  ");
}

/** A sequence as one line. */
export function sequenceText(item: SequenceLine): string {
  const { visible, captureBuffers, realloc, keepsReferences } = item;
  const format = formatText(item.codedWidth, item.codedHeight, item.bitDepthLuma, item.chromaFormat);
  const { components } = item;
  const samples = components === undefined ? undefined : `${components.encoding.toUpperCase()} x${components.count}`;
  const shown =
    visible === undefined ? undefined : `shows ${visible.width}x${visible.height}+${visible.left}+${visible.top}`;
  const buffers = captureBuffers === undefined ? undefined : `${captureBuffers} CAPTURE buffers`;
  const kept = realloc === false ? "buffers can be kept" : undefined;
  const references = keepsReferences === true ? "keeps references" : undefined;
  return ["sequence", format, samples, shown, buffers, kept, references]
    .filter((part) => part !== undefined)
    .join("  ");
}
