/** The `esds` box of an MP4 sample entry: an ES_Descriptor of ISO/IEC 14496-1, 7.2.6.5. */

/** Table 5: the first byte of each descriptor. */
const ES_DescrTag = 3;
const DecoderConfigDescrTag = 4;
const DecSpecificInfoTag = 5;

/** 7.2.6.6: how the samples of an `mp4v` entry are coded. */
export interface DecoderConfig {
  readonly objectTypeIndication: number;
  /** DecoderSpecificInfo; empty where there is none. */
  readonly specific: Uint8Array;
}

interface Descriptor {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** Reads the content of an `esds` box. Undefined where it is none. */
export function readEsds(content: Uint8Array): DecoderConfig | undefined {
  const es = descriptors(content.subarray(4)).find(({ tag }) => tag === ES_DescrTag)?.body;
  if (es === undefined) return undefined;
  const flags = es[2] ?? 0;
  let at = 3;
  if (flags & 0x80) at += 2; // dependsOn_ES_ID
  if (flags & 0x40) at += 1 + (es[at] ?? 0); // URLstring
  if (flags & 0x20) at += 2; // OCR_ES_Id
  const config = descriptors(es.subarray(at)).find(({ tag }) => tag === DecoderConfigDescrTag)?.body;
  const objectTypeIndication = config?.[0];
  if (config === undefined || objectTypeIndication === undefined) return undefined;
  const specific = descriptors(config.subarray(13)).find(({ tag }) => tag === DecSpecificInfoTag)?.body;
  return { objectTypeIndication, specific: specific ?? new Uint8Array(0) };
}

/** 8.3.3: each has a tag, a size of up to four bytes with seven bits each, and a body. */
function descriptors(bytes: Uint8Array): Descriptor[] {
  const found: Descriptor[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++] as number;
    let size = 0;
    for (let count = 0; count < 4; count++) {
      const byte = bytes[at++] ?? 0;
      size = (size << 7) | (byte & 0x7f);
      if (byte < 0x80) break;
    }
    found.push({ tag, body: bytes.subarray(at, at + size) });
    at += size;
  }
  return found;
}
