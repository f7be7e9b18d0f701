/** Shows and frees the pictures of a decoded picture buffer. A frame of H.264 has one or two of them. */
export interface DpbListener<Frame> {
  /** A frame is output. The calls come in output order. */
  output(frame: Frame): void;
  /**
   * A frame is no longer used for reference and does not wait for output. There is one call for each frame that was stored.
   */
  release(frame: Frame): void;
}
