/** A file in a container cannot be read, or holds nothing that can be decoded: one line for a person. */
export class ContainerError extends Error {
  override readonly name = "ContainerError";
}

/** What messages advise for a file that cannot be read here. AVI has no timestamps, and B pictures need some. */
export const repackAdvice = "ffmpeg -fflags +genpts -i FILE -map 0:v:0 -c copy OUT.mkv repacks its video";

/** The system's reason why a file cannot be used, in words. */
export function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const known: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EISDIR: "is a directory",
    ENOTDIR: "not a directory",
    ENOSPC: "no space left",
    EROFS: "a read-only file system",
    ENAMETOOLONG: "the name is too long",
    ELOOP: "the links go in a circle",
    ENXIO: "a socket, or a device that is not there",
  };
  return known[code] ?? (thrown instanceof Error ? thrown.message : String(thrown));
}
