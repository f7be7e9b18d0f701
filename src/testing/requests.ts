/** Generated requests. */
import type { Arbitrary } from "fast-check";
import { referencedTimestamps } from "../capture/references.ts";
import type { Codec, Control } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import { normalise } from "../kernel/index.ts";
import { codecs } from "../uapi/codecs.ts";
import { type ControlDefinition, decodePayload, encodeStruct, type Struct } from "../uapi/index.ts";
import { type DecodeMode, decodeModeValues } from "../uapi/modes.ts";
import { validControl } from "./controls.ts";
import { fastCheck } from "./fast-check.ts";
import { type Choose, fitAv1, fitFwht, fitH264, fitHevc, fitMpeg2, fitVp8, fitVp9, type Values } from "./fitting.ts";

/** The controls of a request, and the pictures that it refers to. */
export interface ValidRequest {
  readonly codec: Codec;
  /** As a session's request event has them. */
  readonly controls: readonly Control[];
  /** CAPTURE buffers with these timestamps must be there: 1,000 ns and so on. Empty for a picture that predicts from none. */
  readonly references: readonly bigint[];
}

/** What `validRequest` may be told. */
export interface ValidRequestOptions {
  /** For H.264 and HEVC. Default `"frame"`, as in a session. */
  readonly decodeMode?: DecodeMode | undefined;
}

const fits: Readonly<Record<Codec, (values: Values, choose: Choose) => void>> = {
  h264: fitH264,
  h265: fitHevc,
  vp8: fitVp8,
  vp9: fitVp9,
  av1: fitAv1,
  mpeg2: fitMpeg2,
  fwht: fitFwht,
};

/**
 * Requests whose controls fit together: each is one that the kernel takes, sets name each other, lists only name pictures that the
 * request has, the sizes allow what is in the picture (at most 1920x1152). Lists of scaling factors, weights and offsets come where they are
 * used.
 *
 * @throws TypeError for an unknown codec. Error without fast-check.
 */
export function validRequest(codec: Codec, options: ValidRequestOptions = {}): Arbitrary<ValidRequest> {
  if (!Object.hasOwn(codecs, codec)) throw new TypeError(`unknown codec ${String(codec)}`);
  const { controls, modes, requestOnly } = codecs[codec];
  const decodeMode = options.decodeMode ?? "frame";
  const own = Object.values(controls).filter(
    ({ name, type }) => type !== "menu" && (modes === null || decodeMode === "slice" || !requestOnly.includes(name)),
  );
  const payloads = own.map(({ name }) => validControl(name) as Arbitrary<Uint8Array>);
  const menus = modes === null ? [] : [menu(controls, modes.decodeMode, decodeModeValues[decodeMode])];
  const fc = fastCheck();
  const choices = fc.array(fc.nat(), { minLength: 8, maxLength: 8 });
  return fc
    .tuple(fc.tuple(...payloads), choices)
    .map(([generated, numbers]) => fitted(codec, own, generated, menus, numbers));
}

function menu(controls: Readonly<Record<string, ControlDefinition>>, name: string, payload: number): Control {
  return { name, id: (controls[name] as ControlDefinition).id, payload } as Control;
}

/** V4L2_CID_STATELESS_H264_SPS is "SPS". */
function shortName({ name }: ControlDefinition): string {
  return name.replace(/^V4L2_CID_STATELESS_[A-Z0-9]+_/, "");
}

function fitted(
  codec: Codec,
  definitions: readonly ControlDefinition[],
  payloads: readonly Uint8Array[],
  menus: readonly Control[],
  choices: readonly number[],
): ValidRequest {
  const values: Values = {};
  for (const [i, definition] of definitions.entries()) {
    // What the kernel clears is not in use: decoding what it leaves lets `fit` see what is.
    const payload = normalise(definition.name, payloads[i] as Uint8Array);
    values[shortName(definition)] = decodePayload(definition, payload);
  }
  let chosen = 0;
  fits[codec](values, (most) => (choices[chosen++ % choices.length] as number) % (most + 1));
  const controls = definitions.flatMap((definition) => {
    const value = values[shortName(definition)];
    if (value === undefined) return [];
    const payload = normalise(definition.name, encoded(definition, value));
    return [{ name: definition.name, id: definition.id, payload } as Control];
  });
  const all = [...menus, ...controls];
  const map = new Map(all.map(({ name, payload }) => [name as string, payload]));
  return { codec, controls: all, references: [...new Set(referencedTimestamps(map))].sort((a, b) => (a < b ? -1 : 1)) };
}

function encoded(definition: ControlDefinition, value: unknown): Uint8Array {
  if (definition.type === "menu") throw new Error(`${definition.name} has no bytes`);
  const list = definition.dynamicArray === undefined ? [value] : (value as readonly unknown[]);
  const parts = list.map((element) =>
    definition.type === "u32 array"
      ? new Uint8Array(Uint32Array.of(element as number).buffer)
      : encodeStruct(definition.struct as Struct, element as never),
  );
  return joined(parts);
}
