/** Holes: places in the middle of a capture where calls are missing, because what wrote it lost them or the file was damaged. */

import type { AllocateRequest, BufferCall, Call, Hole, Queue, RequestCall, SetControls } from "./calls.ts";
import { OpenFiles } from "./open-files.ts";

/** Holes that are told one by one. */
const told = 10;

/**
 * The calls, with a hole before each one that cannot follow those before it. Says where the holes are.
 *
 * @param fileOf the file of a thread, where each has its own: then only calls with a time are in their order.
 */
export async function* withHoles(
  calls: AsyncIterable<Call>,
  onWarning: ((message: string) => void) | undefined,
  fileOf?: (thread: string) => string | undefined,
): AsyncGenerator<Call, void, undefined> {
  const pairs = new Pairs();
  let count = 0;
  const tell = ({ line, thread, reason }: Hole) => {
    const file = fileOf?.(thread);
    if (++count > told) return;
    onWarning?.(
      `line ${line}${file === undefined ? "" : ` of ${file}`}: calls are missing here: ${reason}; what is whole before and after it is read: capture again where the rest matters`,
    );
  };
  for await (const call of calls) {
    if (call.call === "hole") {
      tell(call);
      pairs.forget(call.line);
    } else {
      const isInOrder = fileOf === undefined || ("time" in call && call.time !== undefined);
      const contradiction = isInOrder ? pairs.take(call) : undefined;
      if (contradiction !== undefined) {
        const hole: Hole = { call: "hole", line: call.line, thread: call.thread, ...contradiction };
        tell(hole);
        pairs.forget(call.line);
        // Now nothing contradicts it.
        pairs.take(call);
        yield hole;
      }
    }
    yield call;
  }
  if (count > told) onWarning?.(`${count - told} more holes like these`);
}

/** Why calls must be missing before a call, and since which line they can be. */
interface Contradiction {
  readonly reason: string;
  readonly since: number;
}

/** What is known of a buffer: nothing, before a call on it is seen. */
interface BufferState {
  readonly is: "queued" | "in a request" | "in a refused request" | "free";
  /** Of the call on it. */
  readonly line: number;
  /** Of a buffer that came back: where it had been queued. */
  readonly queuedAt?: number | undefined;
  /** The request that it is in, where the capture tells it: a key of `#requests`. */
  readonly request?: string | undefined;
}

function newQueue() {
  return {
    buffers: new Map<number, BufferState>(),
    /** Those that are queued, in that order. They come back in it. */
    inOrder: new Set<number>(),
    /** Of the buffers on which no call was seen. */
    others: undefined as BufferState | undefined,
    /** Those that queue and dequeue. The calls of several may end in another order than they stand in the capture. */
    threads: new Set<string>(),
    /** Where the buffer was queued that came back last. */
    lastBackQueuedAt: 0,
    /** A call was seen that a program makes before it queues buffers. */
    isSetUp: false,
    /** Its device is one that gets requests. Others, encoders and stateful decoders, may give buffers back in another order. */
    isOrdered: false,
  };
}

type QueueState = ReturnType<typeof newQueue>;

function newQueues(): Readonly<Record<Queue, QueueState>> {
  return { OUTPUT: newQueue(), CAPTURE: newQueue() };
}

/** What was put into a request that is not queued yet. */
interface Content {
  /** Of the first call that put something into it. */
  readonly line: number;
  readonly controls: Set<number>;
  /** A call set controls for it, if only none. */
  isSet: boolean;
  readonly buffers: { readonly state: QueueState; readonly index: number }[];
  /** A buffer came back before the call that queues the request. Another thread may have taken it, whose call ended earlier. */
  early: Contradiction | undefined;
  hasBuffer: boolean;
  /** The kernel refused controls that were set for it. */
  isRefused: boolean;
}

const nothing = { early: undefined, isSet: false, hasBuffer: false, isRefused: false };

/** Which calls go together: each buffer is queued, comes back, and is queued again; each request gets controls and a buffer. */
class Pairs {
  #files = new OpenFiles(newQueues, newQueues);
  /** By the request's file where the capture tells it, otherwise by thread. */
  readonly #requests = new Map<string, Content>();
  /** Requests that were queued and not reinitialised since, by their files: where, and by whom. */
  readonly #inUse = new Map<string, { readonly thread: string; readonly line: number }>();
  /** Threads that queued a request since the beginning or the last hole, and the line: the next one is seen from its beginning. */
  readonly #queueing = new Map<string, number>();
  /** Threads that ever did, one request after the other. */
  readonly #haveQueued = new Set<string>();
  /** Threads that put something twice into a request before that. */
  readonly #haveRepeated = new Set<string>();
  /** Processes that closed files: of them the capture shows when a request's file is closed. */
  readonly #closing = new Set<string>();
  /** Nothing is missing between here and the last call, as far as it is known. */
  #since = 0;

  /**
   * After a hole nothing is known of buffers and requests; threads and open files are what they were.
   *
   * @param line where it shows.
   */
  forget(line: number): void {
    this.#files.forget();
    this.#requests.clear();
    this.#inUse.clear();
    this.#queueing.clear();
    this.#since = line;
  }

  /** Why calls must be missing before this one; undefined where it can follow those before it. */
  take(call: Call): Contradiction | undefined {
    const closed = this.#files.note(call);
    if ("error" in call && call.error !== undefined) {
      this.#refuse(call);
      return undefined;
    }
    switch (call.call) {
      case "open": {
        const { state } = this.#files.deviceOf(call);
        for (const queue of [state.OUTPUT, state.CAPTURE]) this.#free(queue, call.line);
        return undefined;
      }
      case "VIDIOC_S_EXT_CTRLS":
        return call.isForRequest ? this.#setControls(call) : undefined;
      case "VIDIOC_QBUF":
        return this.#queueBuffer(call);
      case "VIDIOC_DQBUF":
        return this.#giveBack(call);
      case "VIDIOC_S_FMT":
      case "VIDIOC_CREATE_BUFS":
        this.#files.deviceOf(call).state[call.queue].isSetUp = true;
        return undefined;
      case "VIDIOC_REQBUFS":
      case "VIDIOC_STREAMOFF":
        this.#free(this.#files.deviceOf(call).state[call.queue], call.line);
        return undefined;
      case "MEDIA_IOC_REQUEST_ALLOC":
        return this.#allocate(call, closed);
      case "close":
        this.#closing.add(this.#files.process(call.thread));
        return this.#release(closed);
      case "duplicate":
        return this.#release(closed);
      case "MEDIA_REQUEST_IOC_REINIT":
        return this.#release(this.#files.requestKey(call.thread, call.fd));
      case "MEDIA_REQUEST_IOC_QUEUE":
        return this.#queueRequest(call);
      default:
        return undefined;
    }
  }

  #contentOf({ thread, request, line }: SetControls | BufferCall): Content {
    const key = request === undefined ? this.#files.threadKey(thread) : this.#files.requestKey(thread, request);
    const content = this.#requests.get(key) ?? { line, controls: new Set(), buffers: [], ...nothing };
    this.#requests.set(key, content);
    return content;
  }

  #giveBack(call: BufferCall): Contradiction | undefined {
    const { queue, index, thread, line } = call;
    const state = this.#files.deviceOf(call).state[queue];
    state.threads.add(thread);
    const before = state.buffers.get(index) ?? state.others;
    // What is missing queued this buffer, after the one that came back before it.
    const since = Math.max(before?.line ?? this.#since, state.lastBackQueuedAt);
    const [oldest] = state.inOrder;
    state.inOrder.delete(index);
    state.buffers.set(index, { is: "free", line, queuedAt: before?.line });
    if (before?.is === "queued") state.lastBackQueuedAt = before.line;
    if (state.threads.size > 1) return undefined;
    if (before?.is === "in a request") {
      const reason = `${queue} buffer ${index} comes back, and its request was not queued`;
      const contradiction = { reason, since: before.line };
      return thread === "" ? this.#giveBackEarly(before, contradiction) : contradiction;
    }
    if (before?.is === "free") {
      return { reason: `${queue} buffer ${index} comes back, and it was not queued since it came back before`, since };
    }
    if (!state.isOrdered || before === undefined || oldest === undefined || oldest === index) return undefined;
    const reason = `${queue} buffer ${index} comes back, and buffer ${oldest} does not, which was queued before it`;
    return { reason, since: sinceBackOf(state.buffers.get(oldest) as BufferState, state) };
  }

  /** Where the capture names no threads, the call that queues the request may still come: one thread made it, and another took the buffer. */
  #giveBackEarly({ request }: BufferState, contradiction: Contradiction): Contradiction | undefined {
    const content = request === undefined ? undefined : this.#requests.get(request);
    if (content === undefined) return contradiction;
    content.early ??= contradiction;
    return undefined;
  }

  #queueBuffer(call: BufferCall): Contradiction | undefined {
    const { queue, index, thread, line, isForRequest } = call;
    const state = this.#files.deviceOf(call).state[queue];
    state.threads.add(thread);
    const before = state.buffers.get(index) ?? state.others;
    const request = call.request === undefined ? undefined : this.#files.requestKey(thread, call.request);
    state.buffers.set(index, { is: isForRequest ? "in a request" : "queued", line, request });
    state.inOrder.delete(index);
    if (!isForRequest) state.inOrder.add(index);
    if (isForRequest) {
      const { OUTPUT, CAPTURE } = this.#files.deviceOf(call).state;
      OUTPUT.isOrdered = CAPTURE.isOrdered = true;
      const content = this.#contentOf(call);
      if (queue === "OUTPUT" && content.hasBuffer && this.#isTwice(call)) {
        return { reason: "a second OUTPUT buffer is put into a request", since: content.line };
      }
      content.buffers.push({ state, index });
      content.hasBuffer ||= queue === "OUTPUT";
    }
    if (before === undefined || isFree(before) || state.threads.size > 1) return undefined;
    const reason = `${queue} buffer ${index} is queued, and it did not come back since it was queued before`;
    return { reason, since: sinceBackOf(before, state) };
  }

  #setControls(call: SetControls): Contradiction | undefined {
    const content = this.#contentOf(call);
    const again = call.controls.find(({ id }) => content.controls.has(id));
    for (const { id } of call.controls) content.controls.add(id);
    content.isSet = true;
    // A program may correct what it set in a request that it names.
    if (again === undefined || call.request !== undefined || !this.#isTwice(call)) return undefined;
    const reason =
      "controls are set again before their request is queued (or the program sets them twice, which this capture does not show)";
    return { reason, since: content.line };
  }

  /**
   * Whether a thread that put something twice into a request lost the call that queued it: threads that fill several requests at once do so
   * again and again from their first request on, and whoever makes requests of the calls refuses them.
   */
  #isTwice({ thread }: SetControls | BufferCall): boolean {
    if (this.#haveQueued.has(thread)) return true;
    const isFirst = !this.#haveRepeated.has(thread);
    this.#haveRepeated.add(thread);
    return isFirst;
  }

  /** A program frees all buffers before it queues any. */
  #free(state: QueueState, line: number): void {
    state.isSetUp = true;
    state.buffers.clear();
    state.inOrder.clear();
    state.others = { is: "free", line };
  }

  /** A new request may have the descriptor of any that was closed. */
  #allocate({ thread, request }: AllocateRequest, closed: string | undefined): Contradiction | undefined {
    if (request === undefined && !this.#closing.has(this.#files.process(thread))) this.#inUse.clear();
    return this.#release(closed);
  }

  /** A request that is not queued gives back what was put into it. The driver gives nothing back of it. */
  #release(key: string | undefined): Contradiction | undefined {
    if (key === undefined) return undefined;
    const content = this.#requests.get(key);
    for (const { state, index } of content?.buffers ?? []) state.buffers.delete(index);
    this.#requests.delete(key);
    this.#inUse.delete(key);
    return content?.early;
  }

  /** What the kernel refuses changes nothing, but explains what else would be missing. */
  #refuse(call: Call): void {
    if (call.call === "VIDIOC_S_EXT_CTRLS" && call.isForRequest) this.#contentOf(call).isRefused = true;
    if (call.call !== "MEDIA_REQUEST_IOC_QUEUE") return;
    const content = this.#contentOfQueued(call.thread, call.fd);
    if (content === undefined) return;
    // It stays in the request, until that is reinitialised, closed or queued again.
    this.#requests.set(this.#files.requestKey(call.thread, call.fd), content);
    for (const { state, index } of content.buffers)
      state.buffers.set(index, { is: "in a refused request", line: call.line });
  }

  /** What was put into a request, which nothing is put into any more. */
  #contentOfQueued(thread: string, request: number): Content | undefined {
    const [ofFile, ofThread] = [this.#files.requestKey(thread, request), this.#files.threadKey(thread)];
    const [before, after] = [this.#requests.get(ofFile), this.#requests.get(ofThread)];
    this.#requests.delete(ofFile);
    this.#requests.delete(ofThread);
    if (before === undefined || after === undefined) return before ?? after;
    return {
      line: before.line,
      controls: new Set([...before.controls, ...after.controls]),
      isSet: before.isSet || after.isSet,
      buffers: [...before.buffers, ...after.buffers],
      early: before.early ?? after.early,
      hasBuffer: before.hasBuffer || after.hasBuffer,
      isRefused: before.isRefused || after.isRefused,
    };
  }

  #queueRequest({ thread, fd, line }: RequestCall): Contradiction | undefined {
    const since = this.#queueing.get(thread);
    this.#queueing.set(thread, line);
    const ofFile = this.#files.requestKey(thread, fd);
    const used = this.#inUse.get(ofFile);
    this.#inUse.set(ofFile, { thread, line });
    const content = this.#contentOfQueued(thread, fd);
    // Of another thread nothing may show that it is one of another process.
    if (used?.thread === thread) {
      const reason = `the request of descriptor ${fd} is queued, and it was not reinitialised since it was queued before`;
      return { reason, since: used.line };
    }
    if (content === undefined) {
      // Another thread may have filled it: whoever makes requests of the calls says so.
      return since !== undefined && this.#requests.size === 0
        ? { reason: "a request is queued that nothing was put into", since }
        : undefined;
    }
    const [early] = content.buffers.filter(({ state }) => !state.isSetUp);
    if (early !== undefined && this.#since === 0) {
      const reason = `buffer ${early.index} is queued, and no call made it: the capture begins after VIDIOC_REQBUFS`;
      return { reason, since: 0 };
    }
    for (const { state, index } of content.early === undefined ? content.buffers : []) {
      state.buffers.set(index, { is: "queued", line });
      state.inOrder.add(index);
    }
    if (!content.hasBuffer) {
      const reason = "a request is queued without an OUTPUT buffer, which the kernel refuses";
      return { reason, since: since ?? this.#since };
    }
    if (!content.isSet && !content.isRefused) {
      const reason =
        "a request is queued whose controls were never set; if the program sets none, they are those of the request before";
      return { reason, since: since ?? this.#since };
    }
    if (since !== undefined || !this.#haveRepeated.has(thread)) this.#haveQueued.add(thread);
    return undefined;
  }
}

/** The buffers of a refused request may be put into it again. */
function isFree({ is }: BufferState): boolean {
  return is === "free" || is === "in a refused request";
}

/** Since when a buffer that was queued must have come back: not before those that were queued before it. */
function sinceBackOf({ line }: BufferState, { buffers }: QueueState): number {
  let since = line;
  for (const each of buffers.values()) {
    if (each.queuedAt !== undefined && each.queuedAt < line) since = Math.max(since, each.line);
  }
  return since;
}
