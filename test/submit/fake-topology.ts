import { constants } from "node:os";
import type { Structs } from "../../src/submit/layout/structs.ts";
import { encodeStruct, viewOf } from "../../src/uapi/index.ts";

/**
 * MEDIA_IOC_G_TOPOLOGY of one decoder, as v4l2_m2m_register_media_controller makes it: source, processing, sink.
 *
 * @param isGrown an entity more, and another version
 * @param at the memory at an address
 */
export function answerTopology(
  s: Structs,
  isGrown: boolean,
  bytes: Uint8Array,
  at: (address: bigint, size: number) => Uint8Array,
): number {
  const entity = (id: number, fn: number) =>
    encodeStruct(s.media_v2_entity, {
      id,
      name: Array(64).fill(0),
      function: fn,
      flags: 0,
      reserved: Array(5).fill(0),
    });
  const pad = (id: number, entity_id: number) =>
    encodeStruct(s.media_v2_pad, { id, entity_id, flags: 0, index: 0, reserved: Array(4).fill(0) });
  const link = (id: number, source_id: number, sink_id: number, flags: number) =>
    encodeStruct(s.media_v2_link, { id, source_id, sink_id, flags, reserved: Array(6).fill(0) });
  const node = encodeStruct(s.media_v2_interface, {
    id: 20,
    intf_type: 0x200,
    flags: 0,
    reserved: Array(9).fill(0),
    devnode: { major: 81, minor: 7 },
    _raw: Array(14).fill(0),
  });
  const entities = [entity(1, 0x10001), entity(2, 0x4008), entity(3, 0x10001)];
  const lists = {
    entities: isGrown ? [...entities, entity(4, 0x10001)] : entities,
    interfaces: [node],
    pads: [pad(10, 1), pad(11, 2), pad(12, 2), pad(13, 3)],
    links: [link(30, 10, 11, 3), link(31, 12, 13, 3), link(32, 20, 1, 0x10000003), link(33, 20, 3, 0x10000003)],
  };
  const view = viewOf(bytes);
  const o = s.media_v2_topology.offsets;
  view.setBigUint64(o.topology_version, isGrown ? 2n : 1n, true);
  let errno = 0;
  for (const kind of ["entities", "interfaces", "pads", "links"] as const) {
    const list = lists[kind];
    const room = view.getUint32(o[`num_${kind}`], true);
    view.setUint32(o[`num_${kind}`], list.length, true);
    const address = view.getBigUint64(o[`ptr_${kind}`], true);
    if (address === 0n) continue;
    // As media_device_get_topology: what has no room is left out.
    if (room < list.length) errno = constants.errno.ENOSPC;
    const size = list[0]!.length;
    for (const [i, element] of list.slice(0, room).entries()) at(address + BigInt(i * size), size).set(element);
  }
  return errno;
}
