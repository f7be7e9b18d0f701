import { constants } from "node:os";
import { decodeStruct, type Fields, type Infer, type Struct, viewOf } from "../../uapi/struct.ts";
import { errorName, IoctlError } from "../errors.ts";
import type { KernelFile } from "../kernel-file.ts";
import {
  MEDIA_ENT_F_PROC_VIDEO_DECODER,
  MEDIA_INTF_T_V4L_VIDEO,
  MEDIA_LNK_FL_DATA_LINK,
  MEDIA_LNK_FL_INTERFACE_LINK,
  MEDIA_LNK_FL_LINK_TYPE,
} from "../layout/constants.ts";
import type { Structs } from "../layout/structs.ts";

/** The parts of a media device's graph that are needed here. */
export interface Topology {
  readonly entities: readonly Infer<Structs["media_v2_entity"]>[];
  readonly interfaces: readonly Infer<Structs["media_v2_interface"]>[];
  readonly pads: readonly Infer<Structs["media_v2_pad"]>[];
  readonly links: readonly Infer<Structs["media_v2_link"]>[];
}

/** The number of a device's file. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

const kinds = {
  entities: "media_v2_entity",
  interfaces: "media_v2_interface",
  pads: "media_v2_pad",
  links: "media_v2_link",
} as const;
const kindNames = ["entities", "interfaces", "pads", "links"] as const;

/** Reads the graph: once for the numbers, once for the elements. @throws IoctlError */
export function readTopology(file: KernelFile): Topology {
  const { media_v2_topology: topology } = file.structs;
  const { offsets } = topology;
  const memory = file.allocate(topology.size);
  const view = viewOf(memory.bytes);
  for (;;) {
    memory.bytes.fill(0);
    file.call("MEDIA_IOC_G_TOPOLOGY", memory.bytes);
    const version = view.getBigUint64(offsets.topology_version, true);
    const lists = kindNames.map((kind) => {
      const count = view.getUint32(offsets[`num_${kind}`], true);
      const list = file.allocate(count * file.structs[kinds[kind]].size);
      view.setBigUint64(offsets[`ptr_${kind}`], list.address, true);
      return list.bytes;
    });
    const errno = file.attempt("MEDIA_IOC_G_TOPOLOGY", memory.bytes);
    // The graph may have grown between the two calls; then the memory was too small.
    if (errno === constants.errno.ENOSPC) continue;
    if (errno !== 0) {
      throw new IoctlError({ ioctl: "MEDIA_IOC_G_TOPOLOGY", code: errorName(errno), path: file.path });
    }
    if (view.getBigUint64(offsets.topology_version, true) !== version) continue;
    const [entities, interfaces, pads, links] = lists as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    return {
      entities: elements(file.structs.media_v2_entity, entities),
      interfaces: elements(file.structs.media_v2_interface, interfaces),
      pads: elements(file.structs.media_v2_pad, pads),
      links: elements(file.structs.media_v2_link, links),
    };
  }
}

function elements<F extends Fields>(struct: Struct<F>, bytes: Uint8Array): Infer<Struct<F>>[] {
  return Array.from({ length: bytes.length / struct.size }, (_, i) =>
    decodeStruct(struct, bytes.subarray(i * struct.size, (i + 1) * struct.size)),
  );
}

/**
 * The video nodes of decoders. A memory-to-memory decoder is three entities: one for input buffers and one for output buffers,
 * both controlled by the node, and a processing entity between them.
 */
export function decoderNodes({ entities, interfaces, pads, links }: Topology): DeviceNumber[] {
  const ofType = (type: number) => links.filter(({ flags }) => (flags & MEDIA_LNK_FL_LINK_TYPE) >>> 0 === type);
  const entityOfPad = new Map(pads.map(({ id, entity_id }) => [id, entity_id]));
  const nodes = new Map<number, DeviceNumber>();
  for (const decoder of entities) {
    if (decoder.function !== MEDIA_ENT_F_PROC_VIDEO_DECODER) continue;
    const around = new Set([decoder.id]);
    for (const { source_id, sink_id } of ofType(MEDIA_LNK_FL_DATA_LINK)) {
      const [source, sink] = [entityOfPad.get(source_id), entityOfPad.get(sink_id)];
      if (source === decoder.id && sink !== undefined) around.add(sink);
      if (sink === decoder.id && source !== undefined) around.add(source);
    }
    for (const { source_id, sink_id } of ofType(MEDIA_LNK_FL_INTERFACE_LINK)) {
      const node = interfaces.find(({ id }) => id === source_id);
      if (node?.intf_type === MEDIA_INTF_T_V4L_VIDEO && around.has(sink_id)) nodes.set(node.id, node.devnode);
    }
  }
  return [...nodes.values()];
}
