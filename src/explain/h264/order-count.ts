/** 8.2.1: what the order counts of a picture of H.264 are made of. */
import { computed, conditions, type Source, sourcesOf, state } from "../source.ts";
import { firstSlice, type Link, type Picture } from "./state.ts";

/** The sources of TopFieldOrderCnt or BottomFieldOrderCnt of the picture's frame while the picture is decoded. */
export function orderCountSources(picture: Picture, which: "top" | "bottom"): Source[] {
  const h = firstSlice(picture);
  const isField = h.value("field_pic_flag") === 1;
  const isOther = isField && (h.value("bottom_field_flag") === 1) !== (which === "bottom");
  const fields = conditions(h.element("field_pic_flag"), h.element("bottom_field_flag"));
  if (!isOther) return sourcesOf(ownCount(picture, which), fields);
  const { firstField } = picture;
  if (firstField === undefined) return sourcesOf(computed("0: the other field is not decoded yet"), fields);
  const name = which === "top" ? "TopFieldOrderCnt" : "BottomFieldOrderCnt";
  return sourcesOf(
    state(firstField.request, `${name} of the first field`, orderCountSources(firstField, which)),
    fields,
  );
}

function ownCount(picture: Picture, which: "top" | "bottom"): Source[] {
  const { sps } = picture;
  const h = firstSlice(picture);
  const decides = conditions(sps.element("pic_order_cnt_type"), h.element("nal_unit_type"));
  const isFrame = h.value("field_pic_flag") !== 1;
  switch (sps.value("pic_order_cnt_type")) {
    case 0: {
      const delta = which === "bottom" && isFrame;
      return sourcesOf(
        computed(`PicOrderCntMsb + pic_order_cnt_lsb${delta ? " + delta_pic_order_cnt_bottom" : ""} (8.2.1.1)`),
        h.elementOr("0 (7.4.3)", "pic_order_cnt_lsb"),
        delta ? h.elementOr("0 (7.4.3)", "delta_pic_order_cnt_bottom") : undefined,
        sps.condition("log2_max_pic_order_cnt_lsb_minus4"),
        previousOf(
          picture,
          picture.previousReference,
          "prevPicOrderCntMsb and prevPicOrderCntLsb",
          "pic_order_cnt_lsb",
        ),
        decides,
      );
    }
    case 1:
      return sourcesOf(typeOne(picture, which, isFrame), decides);
    default:
      return sourcesOf(
        computed("2 * (FrameNumOffset + frame_num), one less where nal_ref_idc is 0 (8.2.1.3)"),
        h.value("nal_unit_type") === 5 ? conditions(h.element("frame_num")) : h.element("frame_num"),
        h.condition("nal_ref_idc"),
        sps.condition("log2_max_frame_num_minus4"),
        previousOf(picture, picture.previous, "prevFrameNum and prevFrameNumOffset", "frame_num"),
        decides,
      );
  }
}

/** 8.2.1.2. The offsets of the SPS count as often as the cycle has gone round, which may be never. */
function typeOne(picture: Picture, which: "top" | "bottom", isFrame: boolean): Source[] {
  const { sps } = picture;
  const h = firstSlice(picture);
  return sourcesOf(
    computed("expectedPicOrderCnt + delta_pic_order_cnt (8.2.1.2)"),
    h.elementOr("0 (7.4.3)", "delta_pic_order_cnt", 0),
    which === "bottom" && isFrame ? h.elementOr("0 (7.4.3)", "delta_pic_order_cnt", 1) : undefined,
    which === "bottom" ? sps.element("offset_for_top_to_bottom_field") : undefined,
    h.value("nal_ref_idc") === 0 ? sps.element("offset_for_non_ref_pic") : undefined,
    sps.allNamed("num_ref_frames_in_pic_order_cnt_cycle", "offset_for_ref_frame", "offset_for_non_ref_pic"),
    h.condition("frame_num"),
    h.condition("nal_ref_idc"),
    sps.condition("log2_max_frame_num_minus4"),
    previousOf(picture, picture.previous, "prevFrameNum and prevFrameNumOffset", "frame_num"),
  );
}

/** The variables that 8.2.1 carries from an earlier picture. It says that they are 0 for an IDR picture. */
function previousOf(picture: Picture, link: Link | null, what: string, element: string): Source[] {
  if (firstSlice(picture).value("nal_unit_type") === 5) return [computed(`${what} are 0: an IDR picture`)];
  if (link === null) return [computed(`${what} are 0: decoding starts here`)];
  const h = firstSlice(link);
  const reset = h.allNamed("memory_management_control_operation");
  return [state(link.request, what, conditions(h.element(element)), reset)];
}
