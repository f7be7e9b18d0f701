/** Bytes that can be read at any offset. After their end, every byte reads as 0. */
export interface FileBytes {
  readonly size: number;
  read(at: number, length: number): Promise<DataView<ArrayBuffer>>;
}

/** A part of a file: the content of an element or a box. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Text with one byte for each character. */
export function textAt({ buffer, byteOffset }: DataView, at: number, length: number): string {
  return String.fromCharCode(...new Uint8Array(buffer, byteOffset + at, length));
}

/** Runs `use` with the bytes of a source, which is a path or all bytes. */
export async function withBytes<T>(source: string | Uint8Array, use: (bytes: FileBytes) => Promise<T>): Promise<T> {
  if (typeof source !== "string") return use(bytesOf(source));
  const file = await openFile(source);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Opens a file to be read at any offset. */
export async function openFile(path: string): Promise<FileBytes & { close(): Promise<void> }> {
  // The import is made here so that sources of bytes work in runtimes without files.
  const { open } = await import("node:fs/promises");
  const file = await open(path, "r");
  const { size } = await file.stat();
  return {
    size,
    read: async (at, length) => {
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, at);
      return new DataView(bytes.buffer);
    },
    close: () => file.close(),
  };
}

function bytesOf(bytes: Uint8Array): FileBytes {
  const read = async (at: number, length: number) => {
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(at, at + length));
    return new DataView(copy.buffer);
  };
  return { size: bytes.length, read };
}
