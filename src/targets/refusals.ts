import type { Codec } from "../events.ts";
import {
  codecs,
  controlByName,
  decodeModeValues,
  elementSize,
  leafFields,
  startCodeValues,
  v4l2_ctrl_h264_pps,
  viewOf,
} from "../uapi/index.ts";
import { fwhtRefusals } from "./fwht-refusals.ts";
import { type Fact, formatControls } from "./picture-format.ts";
import { requestRefusals, tileGrid } from "./request-refusals.ts";
import type { Target, TargetCodec, TargetLimits, TargetRefusal } from "./target.ts";

/** A refusal in a line: control, field, value, and the reason. */
export function refusalText({ control, path, value, reason }: TargetRefusal): string {
  return [control, path, value === undefined ? "" : `= ${value}`, `(${reason})`].filter(Boolean).join(" ");
}

/**
 * What the target would refuse in these controls, and why: controls and modes that it does not have, more elements than it
 * takes, formats beyond its limits, values that do not fit each other. `validate` (`v4l2-stateless/kernel`) finds what every driver refuses.
 *
 * @param controls By name, those of one request or set; payloads of a wrong size are left to `validate`.
 */
export function targetRefusals(
  target: Target,
  codec: Codec,
  controls: ReadonlyMap<string, Uint8Array | number>,
): TargetRefusal[] {
  const taken = target.codecs[codec];
  if (taken === undefined) {
    return [...controls.keys()].map((control) => refusal(control, `${target.name} does not decode ${codec}`));
  }
  const ofControls = [...controls].flatMap(([name, payload]) => {
    const most = Object.hasOwn(taken.controls, name) ? taken.controls[name] : undefined;
    if (most === undefined) return [refusal(name, `${target.name} does not have this control`)];
    return typeof payload === "number"
      ? menuRefusals(target, taken, codec, name, payload)
      : [
          ...elementRefusals(target, name, payload, most),
          ...formatRefusals(target, taken, codec, name, payload),
          ...flagRefusals(target, taken, name, payload),
          ...sliceGroupRefusals(target, taken, name, payload),
          ...tileRefusals(target, taken, name, payload),
          ...fwhtRefusals(target, taken.limits, name, payload),
        ];
  });
  return [...ofControls, ...requestRefusals(target, taken.limits, controls)];
}

function refusal(control: string, reason: string, path = "", value?: number): TargetRefusal {
  return { control, path, value, reason };
}

function menuRefusals(
  target: Target,
  { decodeModes, startCodes }: TargetCodec,
  codec: Codec,
  name: string,
  value: number,
): TargetRefusal[] {
  const { modes } = codecs[codec];
  if (name === modes?.decodeMode) return choiceRefusals(target, name, value, decodeModes, decodeModeValues);
  if (name === modes?.startCode) return choiceRefusals(target, name, value, startCodes, startCodeValues);
  return [];
}

function choiceRefusals<Choice extends string>(
  target: Target,
  name: string,
  value: number,
  choices: readonly Choice[],
  values: Readonly<Record<Choice, number>>,
): TargetRefusal[] {
  if (choices.some((choice) => values[choice] === value)) return [];
  return [refusal(name, `${target.name} takes ${choices.join(" or ")}`, "", value)];
}

function elementRefusals(target: Target, name: string, payload: Uint8Array, most: number): TargetRefusal[] {
  const control = controlByName(name);
  if (control === undefined || control.type === "menu") return [];
  const elements = Math.floor(payload.length / elementSize(control));
  if (elements <= most) return [];
  return [refusal(name, `${target.name} takes ${most} element${most === 1 ? "" : "s"} at most`, "", elements)];
}

/** Flags that the driver does not accept, alone or together, and those without which it does not decode. */
function flagRefusals(target: Target, { limits }: TargetCodec, name: string, payload: Uint8Array): TargetRefusal[] {
  const refused = (limits.refusedFlags ?? []).flatMap((together) => {
    const flags = together.flatMap((flag) => flagIn(name, payload, flag) ?? []);
    const [first] = flags;
    if (first === undefined || flags.length < together.length || flags.some(({ isSet }) => !isSet)) return [];
    const what = flags.map((flag) => flag.name).join(" with ");
    return [refusal(name, `${target.name} does not take ${what}`, first.path, first.value)];
  });
  const missing = (limits.requiredFlags ?? []).flatMap((required) => {
    const flag = flagIn(name, payload, required);
    if (flag === undefined || flag.isSet) return [];
    return [refusal(name, `${target.name} does not take this without ${flag.name}`, flag.path, flag.value)];
  });
  return [...refused, ...missing];
}

/** A flag of a control's payload, as in `TargetCodec.reads`; undefined where it is another control's, or the payload has another size. */
function flagIn(control: string, payload: Uint8Array, flag: string) {
  const definition = controlByName(control);
  if (definition?.type !== "struct" || payload.length !== definition.struct.size) return undefined;
  const leaf = leafFields(definition.struct).find(({ path }) => flag.startsWith(`${control}.${path}.`));
  if (leaf === undefined) return undefined;
  const name = flag.slice(flag.lastIndexOf(".") + 1);
  const value = Number(leaf.type.read(viewOf(payload), leaf.offset));
  return { name, path: leaf.path, value, isSet: (value & (leaf.type.flags?.[name] ?? 0)) !== 0 };
}

/** More slice groups (FMO) than the driver takes. */
function sliceGroupRefusals(
  target: Target,
  { limits: { maxSliceGroups: most } }: TargetCodec,
  name: string,
  payload: Uint8Array,
): TargetRefusal[] {
  const pps = v4l2_ctrl_h264_pps;
  if (most === undefined || name !== "V4L2_CID_STATELESS_H264_PPS" || payload.length !== pps.size) return [];
  const value = viewOf(payload).getUint8(pps.offsets.num_slice_groups_minus1);
  if (value < most) return [];
  const reason = `${value + 1} slice groups: ${target.name} takes ${most}`;
  return [refusal(name, reason, "num_slice_groups_minus1", value)];
}

/** More tiles in an AV1 frame than the driver takes. */
function tileRefusals(target: Target, { limits }: TargetCodec, name: string, payload: Uint8Array): TargetRefusal[] {
  if (!exceedsTiles(limits, name, payload)) return [];
  const { tiles, columns } = tileGrid(payload) ?? { tiles: 0, columns: 0 };
  const reason = `${tiles} tiles: ${target.name} takes ${limits.maxTiles} at most`;
  return [refusal(name, reason, "tile_info.tile_cols", columns)];
}

/** Whether a control is an AV1 frame of more tiles than the driver takes. It is asked of each request. */
export function exceedsTiles({ maxTiles }: TargetLimits, name: string, payload: Uint8Array): boolean {
  if (maxTiles === undefined || name !== "V4L2_CID_STATELESS_AV1_FRAME") return false;
  return (tileGrid(payload)?.tiles ?? 0) > maxTiles;
}

function formatRefusals(
  target: Target,
  { limits }: TargetCodec,
  codec: Codec,
  name: string,
  payload: Uint8Array,
): TargetRefusal[] {
  const source = formatControls[codec];
  const { ofSize = source } = source;
  const format = name === source.name && payload.length === source.size ? source.read(payload) : undefined;
  const size = name === ofSize.name && payload.length === ofSize.size ? ofSize.read(payload) : undefined;
  const outside: TargetRefusal[] = [];
  const atMost = (fact: Fact, most: number | undefined, what: string) => {
    if (most === undefined || fact.value <= most) return;
    outside.push(refusal(name, `${named(what, fact)}: ${target.name} takes ${most} at most`, fact.path, fact.field));
  };
  const atLeast = (fact: Fact, least: number | undefined, what: string) => {
    if (least === undefined || fact.value >= least) return;
    outside.push(refusal(name, `${named(what, fact)}: ${target.name} takes ${least} at least`, fact.path, fact.field));
  };
  const oneOf = (fact: Fact | undefined, choices: readonly number[] | undefined, what: string) => {
    if (fact === undefined || choices === undefined || choices.includes(fact.value)) return;
    const reason = `${named(what, fact)}: ${target.name} takes ${choices.join(", ")}`;
    outside.push(refusal(name, reason, fact.path, fact.field));
  };
  if (size !== undefined) {
    atMost(size.width, limits.maxWidth, "width");
    atMost(size.height, limits.maxHeight, "height");
    atLeast(size.width, limits.minWidth, "width");
    atLeast(size.height, limits.minHeight, "height");
  }
  if (format === undefined) return outside;
  oneOf(format.bitDepthLuma, limits.bitDepths, "bit depth");
  const { bitDepthLuma, bitDepthChroma } = format;
  // VP9 and AV1 have one field for both.
  if (bitDepthChroma?.path !== bitDepthLuma?.path) oneOf(bitDepthChroma, limits.bitDepths, "bit depth");
  if (limits.equalBitDepths && bitDepthChroma !== undefined && bitDepthChroma.value !== bitDepthLuma?.value) {
    const reason = `${named("bit depth", bitDepthChroma)}: ${target.name} takes only that of luma, ${bitDepthLuma?.value}`;
    outside.push(refusal(name, reason, bitDepthChroma.path, bitDepthChroma.field));
  }
  oneOf(format.chromaFormat, limits.chromaFormats, chromaFormatNames[codec] ?? "chroma_format_idc");
  const obeysOne = format.obeyedProfiles?.some((profile) => limits.profiles?.includes(profile));
  if (obeysOne !== true) oneOf(format.profile, limits.profiles, "profile");
  return outside;
}

/** What a codec calls its chroma format, where it is not chroma_format_idc. */
const chromaFormatNames: Readonly<Partial<Record<Codec, string>>> = { mpeg2: "chroma_format", fwht: "chroma format" };

/** Names a property, with its value where that differs from the field's. */
function named(what: string, { value, field }: Fact): string {
  return value === field ? what : `${what} ${value}`;
}
