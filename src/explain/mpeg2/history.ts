/** What a request of MPEG-2 is made of. Each header and each extension is a unit. */
import { elementOfFlag, type Place, type Rules } from "../field.ts";
import type { CodecHistory, ReadRequest } from "../history.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, constant, oneOf, type Source, sourcesOf, state } from "../source.ts";

/** Table 6-2. */
const SEQUENCE_EXTENSION = 1;
const QUANT_MATRIX_EXTENSION = 3;
const PICTURE_CODING_EXTENSION = 8;

const names = ["intra", "non_intra", "chroma_intra", "chroma_non_intra"] as const;
type MatrixName = (typeof names)[number];

/** A matrix in force: the sources of its value at a place in zig-zag order. */
type Matrix = (i: number) => Source[];

/** The picture header of each request that is still referred to. */
interface Reference {
  readonly request: number;
  readonly header: ReadUnit;
}

export class Mpeg2History implements CodecHistory {
  #sequence: ReadUnit | undefined;
  #sequenceExtension: ReadUnit | undefined;
  #coding: ReadUnit | undefined;
  #header: ReadUnit | undefined;
  readonly #matrices = new Map<MatrixName, Matrix>();
  readonly #references = new Map<number, Reference>();

  take({ number, timestamp, sent, others }: ReadRequest): void {
    this.#coding = undefined;
    for (const unit of others) this.#receive(unit);
    [this.#header] = sent;
    if (this.#header !== undefined && !this.#references.has(timestamp)) {
      this.#references.set(timestamp, { request: number, header: this.#header });
    }
  }

  release(timestamp: number): void {
    this.#references.delete(timestamp);
  }

  #receive(unit: ReadUnit): void {
    if (unit.kind === "sequence") {
      this.#sequence = unit;
      this.#beginMatrices(unit);
    }
    if (unit.kind !== "extension") return;
    const kind = unit.value("extension_start_code_identifier");
    if (kind === SEQUENCE_EXTENSION) this.#sequenceExtension = unit;
    if (kind === PICTURE_CODING_EXTENSION) this.#coding = unit;
    if (kind === QUANT_MATRIX_EXTENSION) this.#changeMatrices(unit);
  }

  /** 6.3.11: a sequence header loads both luma matrices or sets the defaults; the chroma matrices are the same. */
  #beginMatrices(unit: ReadUnit): void {
    for (const name of ["intra", "non_intra"] as const) {
      const load = `load_${name}_quantiser_matrix`;
      const matrix: Matrix =
        unit.value(load) === 1
          ? loaded(unit, name)
          : () =>
              sourcesOf(
                constant(`the default ${name === "intra" ? "intra" : "non-intra"} matrix (6.3.11)`),
                unit.condition(load),
              );
      this.#matrices.set(name, matrix);
      this.#matrices.set(`chroma_${name}`, (i) => sourcesOf(computed("the luma matrix (6.3.11)"), matrix(i)));
    }
  }

  /** 6.3.11: a luma matrix replaces the chroma matrix, too, unless that one is loaded. */
  #changeMatrices(unit: ReadUnit): void {
    for (const name of ["intra", "non_intra"] as const) {
      const luma = unit.value(`load_${name}_quantiser_matrix`) === 1 ? loaded(unit, name) : undefined;
      const chroma = unit.value(`load_chroma_${name}_quantiser_matrix`) === 1;
      if (luma !== undefined) this.#matrices.set(name, luma);
      if (chroma) this.#matrices.set(`chroma_${name}`, loaded(unit, `chroma_${name}`));
      else if (luma !== undefined) {
        this.#matrices.set(`chroma_${name}`, (i) => sourcesOf(computed("the luma matrix (6.3.11)"), luma(i)));
      }
    }
  }

  rules(): Readonly<Record<string, Rules>> {
    const [sequence, extension, coding, header] = [this.#sequence, this.#sequenceExtension, this.#coding, this.#header];
    if (sequence === undefined || extension === undefined || coding === undefined || header === undefined) return {};
    return {
      V4L2_CID_STATELESS_MPEG2_SEQUENCE: sequenceRules(sequence, extension),
      V4L2_CID_STATELESS_MPEG2_PICTURE: pictureRules({ extension, coding, header, references: this.#references }),
      V4L2_CID_STATELESS_MPEG2_QUANTISATION: Object.fromEntries(
        names.map((name) => [
          `${name}_quantiser_matrix[]`,
          ({ at }: Place) => this.#matrices.get(name)?.(at[0] as number),
        ]),
      ),
    };
  }
}

/** A matrix that a unit loads. The flag is named, because without it another matrix would be in force. */
function loaded(unit: ReadUnit, name: MatrixName): Matrix {
  return (i) => sourcesOf(unit.element(`${name}_quantiser_matrix`, i), unit.condition(`load_${name}_quantiser_matrix`));
}

/** V4L2_CID_STATELESS_MPEG2_SEQUENCE. */
function sequenceRules(sequence: ReadUnit, extension: ReadUnit): Rules {
  const sum = (low: string, high: string, rule: string) => () =>
    sourcesOf(computed(rule), sequence.element(low), extension.element(high));
  return {
    "": ({ name }) => sourcesOf(extension.element(name)),
    horizontal_size: sum("horizontal_size_value", "horizontal_size_extension", "12 low bits, and 2 high bits (6.3.3)"),
    vertical_size: sum("vertical_size_value", "vertical_size_extension", "12 low bits, and 2 high bits (6.3.3)"),
    vbv_buffer_size: sum("vbv_buffer_size_value", "vbv_buffer_size_extension", "10 low bits, and 8 high bits (6.3.3)"),
    "flags.V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE": () => sourcesOf(extension.element("progressive_sequence")),
  };
}

interface PictureUnits {
  readonly extension: ReadUnit;
  readonly coding: ReadUnit;
  readonly header: ReadUnit;
  readonly references: ReadonlyMap<number, Reference>;
}

/** The elements of flags whose names are not the element's. */
const flagElements: Readonly<Record<string, string>> = {
  V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT: "frame_pred_frame_dct",
  V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV: "concealment_motion_vectors",
  V4L2_MPEG2_PIC_FLAG_INTRA_VLC: "intra_vlc_format",
  V4L2_MPEG2_PIC_FLAG_ALT_SCAN: "alternate_scan",
  V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST: "repeat_first_field",
};

/** V4L2_CID_STATELESS_MPEG2_PICTURE. */
function pictureRules({ extension, coding, header, references }: PictureUnits): Rules {
  const reference = (which: "forward" | "backward") => (place: Place) => {
    const type = header.value("picture_coding_type");
    const decides = sourcesOf(header.condition("picture_coding_type"));
    const found = references.get(Number(place.value));
    if (found === undefined) {
      const why =
        type === 1
          ? "an I picture has none"
          : which === "backward"
            ? "a P picture has none"
            : "the reference frame is missing";
      return sourcesOf(computed(`0: ${why} (Table 6-12)`), decides);
    }
    const clause =
      type === 2
        ? "the last reference frame before it"
        : which === "forward"
          ? "the last reference frame but one"
          : "the last reference frame";
    return sourcesOf(
      state(found.request, `${clause} (7.6.2)`, conditions(found.header.element("picture_coding_type"))),
      decides,
    );
  };
  return {
    "": ({ name, at, flag }) => {
      if (flag === undefined) return sourcesOf(coding.element(name, at) ?? header.element(name, at));
      const element = flagElements[flag] ?? elementOfFlag(flag, /^V4L2_MPEG2_PIC_FLAG_/).replace(/_flag$/, "");
      return sourcesOf(coding.element(element));
    },
    "flags.V4L2_MPEG2_PIC_FLAG_PROGRESSIVE": () =>
      sourcesOf(
        computed("progressive_frame, which a progressive sequence implies (6.3.5)"),
        oneOf((value) => value === 1, coding.element("progressive_frame"), extension.element("progressive_sequence")),
      ),
    forward_ref_ts: reference("forward"),
    backward_ref_ts: reference("backward"),
  };
}
