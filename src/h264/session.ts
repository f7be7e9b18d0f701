/** The order of NAL units, picture boundaries, and the events they cause: 7.4.1.2. */
import type { StreamUnit, Trace } from "../bitreader/index.ts";
import { UnitInput } from "../bitreader/index.ts";
import type { ErrorCause } from "../errors.ts";
import { BitstreamError, UnsupportedError } from "../errors.ts";
import type { DecodeEvent, PacketInfo, SequenceEvent, Session } from "../events.ts";
import type { ResolvedOptions, SessionOptions } from "../options.ts";
import { resolveOptions } from "../options.ts";
import { checkConfigureArgument, checkDecodeArguments, errorEvent } from "../session-support.ts";
import { Frame } from "./dpb.ts";
import { outputEvent } from "./output.ts";
import { ParameterSetStore, visibleRectangle } from "./parameter-sets.ts";
import type { PictureSlice } from "./picture-requests.ts";
import { RequestBuilder } from "./picture-requests.ts";
import { picOrderCnt, Recovery } from "./recovery.ts";
import type { RefPicLists } from "./ref-lists.ts";
import { buildRefPicLists } from "./ref-lists.ts";
import { sequenceEvent } from "./sequence.ts";
import type { Picture } from "./state.ts";
import { DecoderState, maxFrameNum } from "./state.ts";
import type { ParameterSets, PicTiming, RecoveryPoint, SeqParameterSet, SliceHeader } from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  filler_data_rbsp,
  nal_unit_header,
  sei_rbsp,
  seq_parameter_set_extension_rbsp,
  slice_header,
} from "./syntax.ts";
import { nalReader, parseAvcConfiguration, unitName } from "./units.ts";

/** Our timestamps start here and go on by as much: 0 always means "no reference". Nanoseconds. */
const TIMESTAMP_STEP = 1000;

/** The picture whose slices are coming. */
interface OpenPicture {
  /** Of its first slice. */
  readonly h: SliceHeader;
  readonly sets: ParameterSets;
  readonly unit: StreamUnit;
  /** Null where the picture is skipped. */
  readonly picture: Picture | null;
  readonly slices: PictureSlice[];
  /** Some slice refers to a picture that is not there. */
  lacksReference: boolean;
  /** Some slice refers to another PPS than the first. */
  hasOtherPps: boolean;
}

/** What the SEI messages before a picture say of it. */
interface PictureSei {
  readonly recoveryPoint: RecoveryPoint | null;
  readonly picTiming: PicTiming | null;
}

/** An H.264 decoder's state. Throws TypeError for wrong options. */
export function openH264Session(options: SessionOptions = {}): Session {
  return new H264Session(resolveOptions(options));
}

class H264Session implements Session {
  private readonly options: ResolvedOptions;
  private readonly input = new UnitInput();
  private readonly sets: ParameterSetStore;
  private readonly builder: RequestBuilder;
  private readonly recovery: Recovery;
  private readonly state: DecoderState;
  private events: DecodeEvent[] = [];
  private sequence: SequenceEvent | null = null;
  private activeSps: SeqParameterSet | null = null;
  private open: OpenPicture | null = null;
  /** Parameter sets that came inside a picture: they wait for its end. */
  private waitingSets: StreamUnit[] = [];
  /** SEI NAL units before the next picture: they are read with the SPS that it activates. */
  private waitingSei: StreamUnit[] = [];
  private pts: number | undefined;
  private timestamp = 0;
  /** Offset of the unit that is being read. */
  private unitByte = 0;

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.sets = new ParameterSetStore((error) => this.events.push(errorEvent(error, undefined, this.unitByte)));
    this.builder = new RequestBuilder(options);
    this.recovery = new Recovery(options.startAt);
    this.state = new DecoderState({
      output: (frame) => this.events.push(outputEvent(frame)),
      release: (frame) => {
        if (!frame.isNonExisting) this.events.push({ type: "release", timestamp: frame.timestamp });
      },
    });
  }

  decode(packet: Uint8Array, info?: PacketInfo): DecodeEvent[] {
    checkDecodeArguments(packet, info);
    return this.run(() => {
      this.endStream();
      this.pts = info?.pts;
      const units = this.input.packet(packet);
      for (const unit of units) this.unit(unit);
      if (units.length === 0 && packet.length > 0) this.report("bitstream", "the packet holds no NAL unit");
      this.endPicture();
    });
  }

  push(chunk: Uint8Array): DecodeEvent[] {
    checkDecodeArguments(chunk, undefined);
    return this.run(() => {
      this.pts = undefined;
      for (const unit of this.input.push(chunk)) this.unit(unit);
    });
  }

  configure(record: Uint8Array | null): DecodeEvent[] {
    checkConfigureArgument(record);
    return this.run(() => {
      this.endStream();
      if (record === null) {
        this.input.frameBy(0);
        return;
      }
      this.guard(undefined, () => {
        const { lengthSize, units } = parseAvcConfiguration(record);
        this.input.frameBy(lengthSize);
        for (const bytes of units) this.unit({ bytes, byte: -1, truncated: false });
      });
    });
  }

  flush(): DecodeEvent[] {
    return this.run(() => {
      this.endStream();
      this.state.flush();
      this.forget();
    });
  }

  reset(): DecodeEvent[] {
    return this.run(() => {
      this.input.end();
      this.open = null;
      this.waitingSei = [];
      this.takeWaitingSets();
      this.state.drop();
      this.forget();
    });
  }

  /** What comes next is a new start. */
  private forget(): void {
    this.sets.deactivate();
    this.activeSps = null;
    this.recovery.reset();
  }

  private run(body: () => void): DecodeEvent[] {
    const events: DecodeEvent[] = [];
    this.events = events;
    body();
    return events;
  }

  /** The end of a pushed stream: its last unit, its last picture. */
  private endStream(): void {
    for (const unit of this.input.end()) this.unit(unit);
    this.endPicture();
    this.readWaitingSei(this.activeSps);
  }

  private report(why: ErrorCause, reason: string, unit?: StreamUnit, element?: string): void {
    const error = new BitstreamError(reason, { element }, why);
    this.events.push(errorEvent(error, unit && unitName(unit.bytes[0] ?? 0), unit?.byte));
  }

  /** Turns what a unit throws into an event. */
  private guard(unit: StreamUnit | undefined, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof BitstreamError || error instanceof UnsupportedError)) throw error;
      this.events.push(errorEvent(error, unit && unitName(unit.bytes[0] ?? 0), unit?.byte));
      return false;
    }
  }

  private unit(unit: StreamUnit): void {
    this.unitByte = unit.byte;
    if (unit.truncated) {
      this.report("bitstream", `the unit is cut off after ${unit.bytes.length} bytes`, unit);
      return;
    }
    this.guard(unit, () => this.dispatch(unit));
  }

  private traceUnit({ bytes, byte }: StreamUnit): void {
    this.options.trace?.unit({ name: unitName(bytes[0] as number), byte, bytes });
  }

  /** Table 7-1. */
  private dispatch(unit: StreamUnit): void {
    switch ((unit.bytes[0] as number) & 31) {
      case 1:
      case 5:
        this.slice(unit);
        return;
      case 2:
        throw new UnsupportedError("data partitioning: the kernel's interface has no place for partitions");
      case 3:
      case 4:
        return; // Partitions B and C go with partition A, which has been refused.
      case 6:
        this.waitingSei.push({ ...unit, bytes: unit.bytes.slice() });
        return;
      case 7:
      case 8:
        if (this.open) this.waitingSets.push({ ...unit, bytes: unit.bytes.slice() });
        else this.parameterSet(unit);
        return;
      case 9:
        this.endPicture();
        this.readWaitingSei(this.activeSps);
        this.read(unit, access_unit_delimiter_rbsp);
        return;
      case 10:
      case 11:
        this.endPicture();
        this.read(unit, () => {});
        return;
      case 12:
        if (this.options.trace) this.read(unit, filler_data_rbsp);
        return;
      case 13:
        this.read(unit, seq_parameter_set_extension_rbsp);
        return;
      case 14:
      case 20:
      case 21:
        this.read(unit, () => {}); // Other layers and views; the header is read, the rest is theirs.
        return;
    }
  }

  /** Reads a unit that changes nothing. */
  private read(unit: StreamUnit, syntax: (r: ReturnType<typeof nalReader>) => unknown): void {
    this.traceUnit(unit);
    const r = nalReader(unit.bytes, this.options.trace);
    nal_unit_header(r);
    syntax(r);
  }

  private parameterSet(unit: StreamUnit): void {
    this.traceUnit(unit);
    const { trace } = this.options;
    if (((unit.bytes[0] as number) & 31) === 7) this.sets.receiveSps(unit.bytes, trace);
    else this.sets.receivePps(unit.bytes, trace);
  }

  private takeWaitingSets(): void {
    const units = this.waitingSets;
    this.waitingSets = [];
    for (const unit of units) this.guard(unit, () => this.parameterSet(unit));
  }

  private readWaitingSei(sps: SeqParameterSet | null): PictureSei {
    let recoveryPoint: RecoveryPoint | null = null;
    let picTiming: PicTiming | null = null;
    const units = this.waitingSei;
    this.waitingSei = [];
    for (const unit of units) {
      this.guard(unit, () =>
        this.read(unit, (r) => {
          for (const { payload } of sei_rbsp(r, sps)) {
            if (payload?.type === "recovery_point") recoveryPoint = payload;
            else if (payload?.type === "pic_timing") picTiming = payload;
          }
        }),
      );
    }
    return { recoveryPoint, picTiming };
  }

  private slice(unit: StreamUnit): void {
    if (this.open && this.waitingSets.length > 0 && this.looksLikeNewPicture(this.open, unit)) this.endPicture();
    this.traceUnit(unit);
    let read: { h: SliceHeader; sets: ParameterSets };
    try {
      read = this.sliceHeader(unit, this.options.trace);
    } catch (error) {
      if (this.open?.picture) this.open.picture.frame.corrupt = true;
      else this.waitingSei = [];
      throw error;
    }
    const { h, sets } = read;
    if (h.redundant_pic_cnt > 0) return; // Not a slice of the primary coded picture.
    if (this.open && isFirstOfNewPicture(this.open, h, sets)) this.endPicture();
    this.open ??= this.beginPicture(unit, h, sets);
    if (this.open.picture) this.addSlice(this.open, this.open.picture, unit, h, sets);
  }

  private sliceHeader(unit: StreamUnit, trace: Trace | undefined): { h: SliceHeader; sets: ParameterSets } {
    const r = nalReader(unit.bytes, trace);
    const nal = nal_unit_header(r);
    let sets: ParameterSets | undefined;
    const h = slice_header(r, nal, (id) => {
      sets = this.sets.find(id, nal.nal_unit_type === 5);
      return sets;
    });
    return { h, sets: sets as ParameterSets };
  }

  /**
   * Parameter sets have come since the open picture's last slice. They belong to the next picture (7.4.1.2.3), but a
   * stream may have put them inside one: this slice is of the same picture only if the old sets read it as such.
   */
  private looksLikeNewPicture(open: OpenPicture, unit: StreamUnit): boolean {
    try {
      const { h, sets } = this.sliceHeader(unit, undefined);
      return isFirstOfNewPicture(open, h, sets) || h.first_mb_in_slice === open.h.first_mb_in_slice;
    } catch (error) {
      if (error instanceof BitstreamError) return true;
      throw error;
    }
  }

  private beginPicture(unit: StreamUnit, h: SliceHeader, sets: ParameterSets): OpenPicture {
    const { sps } = sets;
    const sei = this.readWaitingSei(sps);
    const open = { h, sets, unit, slices: [], lacksReference: false, hasOtherPps: false };
    if (!this.state.isSecondField(h) && !this.recovery.admits(h, sei.recoveryPoint)) {
      this.report("before-random-access", "the picture is skipped: decoding cannot start here", unit);
      return { ...open, picture: null };
    }
    this.activate(sps, h, unit);
    const gap = this.state.gapBefore(sps, h);
    if (gap && !this.crossGap(gap, sps, unit)) return { ...open, picture: null };
    const visible = visibleRectangle(sps);
    const picture = this.state.beginPicture(sps, h, () => {
      this.timestamp += TIMESTAMP_STEP;
      return new Frame(this.timestamp, this.pts, visible, h.frame_num, h.nal_ref_idc !== 0);
    });
    const isAfterLoss = gap !== null && !sps.gaps_in_frame_num_value_allowed_flag && isInter(h);
    if (isAfterLoss || this.recovery.isCorrupt(picture, sei.recoveryPoint)) picture.frame.corrupt = true;
    if (sei.picTiming) picture.frame.pic_struct = sei.picTiming.pic_struct;
    return { ...open, picture };
  }

  /** 7.4.1.2.1: an SPS is activated by an IDR picture; by another only at the start, or where IDR pictures were lost. */
  private activate(sps: SeqParameterSet, h: SliceHeader, unit: StreamUnit): void {
    if (h.nal_unit_type !== 5 && this.sets.takeRefusedChange()) {
      this.report("bitstream", "the active SPS was sent with other content, and no IDR picture follows", unit);
    }
    if (sps === this.activeSps) return;
    if (this.activeSps && h.nal_unit_type !== 5) {
      const id = sps.seq_parameter_set_id;
      this.report(
        "bitstream",
        `a picture that is not an IDR picture activates SPS ${id}`,
        unit,
        "pic_parameter_set_id",
      );
    }
    this.sets.activate(sps);
    this.activeSps = sps;
    if (h.nal_unit_type === 5 && h.dec_ref_pic_marking?.no_output_of_prior_pics_flag) this.state.drop();
    else this.state.flush();
    this.state.resize(sps);
    const controls = [...this.builder.modeControls(), ...this.builder.spsControls(sps)];
    const event = sequenceEvent(sps, controls, this.sequence);
    if (event === null) return;
    this.sequence = event;
    this.events.push(event);
  }

  /** Frames are missing before this picture: inferred where the SPS allows gaps, lost elsewhere. False: drop the picture. */
  private crossGap(gap: { first: number; last: number }, sps: SeqParameterSet, unit: StreamUnit): boolean {
    if (sps.gaps_in_frame_num_value_allowed_flag) {
      this.state.fillGap(sps, gap.first, gap.last);
      return true;
    }
    const which = gap.first === gap.last ? `frame_num ${gap.first} is` : `frame_num ${gap.first} to ${gap.last} are`;
    this.report("missing-reference", `the pictures with ${which} missing`, unit, "frame_num");
    this.state.skipGap(gap.last);
    if (this.options.missingReferences !== "drop") return true;
    this.recovery.dropped();
    return false;
  }

  private addSlice(open: OpenPicture, picture: Picture, unit: StreamUnit, h: SliceHeader, sets: ParameterSets): void {
    let lists: RefPicLists | null = null;
    if (isInter(h)) {
      const frames = this.state.dpb.frames;
      if (!frames.some((frame) => frame.isUsedForReference)) {
        this.lacks(open, picture, unit, "ref_pic_list_modification", "there is no reference picture at all");
      }
      const isModified = h.ref_pic_list_modification_flag_l0 || h.ref_pic_list_modification_flag_l1;
      if (isModified || this.options.decodeMode === "slice") {
        lists = buildRefPicLists(
          {
            frames,
            current: picture,
            PicOrderCnt: picOrderCnt(picture),
            MaxFrameNum: maxFrameNum(picture.sps),
            pic_order_cnt_type: picture.sps.pic_order_cnt_type,
          },
          h,
        );
        for (const { modification_of_pic_nums_idc, value } of lists.missing) {
          const element = modification_of_pic_nums_idc === 2 ? "long_term_pic_num" : "abs_diff_pic_num_minus1";
          this.lacks(open, picture, unit, element, `${value} names a picture that is not in the DPB`);
        }
      }
    }
    if (this.options.decodeMode === "frame" && sets.pps !== open.sets.pps && !open.hasOtherPps) {
      open.hasOtherPps = true;
      const { pic_parameter_set_id: first } = open.sets.pps;
      const reason = `the slices of the picture refer to several PPSs; the request can carry only one, PPS ${first}`;
      this.events.push(errorEvent(new UnsupportedError(reason), unitName(unit.bytes[0] as number), unit.byte));
    }
    open.slices.push({ unit: unit.bytes, h, sets, lists });
  }

  private lacks(open: OpenPicture, picture: Picture, unit: StreamUnit, element: string, reason: string): void {
    open.lacksReference = true;
    picture.frame.corrupt = true;
    this.report("missing-reference", reason, unit, element);
  }

  /** The picture's last slice has come: its requests, its marking, and what goes out after it. */
  private endPicture(): void {
    const open = this.open;
    this.open = null;
    if (open?.picture) this.finish(open, open.picture);
    this.takeWaitingSets();
  }

  private finish(open: OpenPicture, picture: Picture): void {
    const { missingReferences } = this.options;
    const references = this.state.dpb.frames.filter((frame) => frame.isUsedForReference);
    const hasNothing = references.length === 0;
    if (open.lacksReference && (missingReferences === "drop" || (missingReferences === "nearest" && hasNothing))) {
      this.state.abandonPicture(picture);
      if (missingReferences === "drop") this.recovery.dropped();
      return;
    }
    this.events.push(...this.builder.requests(picture, open.slices, references));
    this.state.endPicture(picture, (element, reason) => this.report("bitstream", reason, open.unit, element));
  }
}

/** A P, SP or B slice. */
function isInter(h: SliceHeader): boolean {
  return h.slice_type % 5 !== 2 && h.slice_type % 5 !== 4;
}

/**
 * 7.4.1.2.4 Detection of the first VCL NAL unit of a primary coded picture. The clause counts a new pic_parameter_set_id
 * too, and by 7.4.3 the slices of a picture may have different ones: it counts here where the slice begins a picture.
 */
function isFirstOfNewPicture({ h: before, sets }: OpenPicture, h: SliceHeader, { sps }: ParameterSets): boolean {
  const wasIdr = before.nal_unit_type === 5;
  const isIdr = h.nal_unit_type === 5;
  return (
    h.frame_num !== before.frame_num ||
    (h.pic_parameter_set_id !== before.pic_parameter_set_id && h.first_mb_in_slice === 0) ||
    sps !== sets.sps ||
    h.field_pic_flag !== before.field_pic_flag ||
    h.bottom_field_flag !== before.bottom_field_flag ||
    (h.nal_ref_idc !== before.nal_ref_idc && (h.nal_ref_idc === 0 || before.nal_ref_idc === 0)) ||
    (sps.pic_order_cnt_type === 0 &&
      (h.pic_order_cnt_lsb !== before.pic_order_cnt_lsb ||
        h.delta_pic_order_cnt_bottom !== before.delta_pic_order_cnt_bottom)) ||
    (sps.pic_order_cnt_type === 1 &&
      (h.delta_pic_order_cnt[0] !== before.delta_pic_order_cnt[0] ||
        h.delta_pic_order_cnt[1] !== before.delta_pic_order_cnt[1])) ||
    isIdr !== wasIdr ||
    (isIdr && h.idr_pic_id !== before.idr_pic_id)
  );
}
