/** Sends a file to an upload address in pieces that end with a line, so that any size fits and each is stored once. */
import { Failed, problemOf } from "../api/call";

/** A body may have 64 MiB; smaller ones show how far it is. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** It may have 250,000 lines. */
const PIECE_LINES = 200_000;
const TRIES = 8;
/** What tells whether a file is text. */
const HEAD_BYTES = 8192;
const LINE_END = 10;

export interface Sent {
  bytes: number;
  /** Of the file as it is on the disk. */
  done: number;
}

/** Calls `onsent` after every stored piece. The same file again stores nothing new for seven days. */
export async function sendFile(file: File, url: string, onsent: (sent: Sent) => void, signal: AbortSignal): Promise<Sent> {
  if (!file.size) throw new Failed(0, problemOf("file-empty", `${file.name} is empty: there is nothing to store.`));
  const sent: Sent = { bytes: 0, done: 0 };
  let read = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      read += chunk.length;
      out.enqueue(chunk);
    },
  });
  let stream = file.stream().pipeThrough(counted);
  if (/\.gz$/i.test(file.name)) stream = stream.pipeThrough(new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>);
  const name = encodeURIComponent(file.name.replace(/\.gz$/i, "")).slice(0, 200);
  const key = await digest(`${file.name}\n${file.size}\n${file.lastModified}\n${url}`);
  let number = 0;
  const store = async (piece: Uint8Array) => {
    await post(url, piece, { "X-Sumo-Name": name, "Idempotency-Key": `${key}-${number++}` }, signal);
    sent.bytes += piece.length;
    sent.done = read;
    onsent({ ...sent });
  };
  const reader = stream.getReader();
  let held = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!sent.bytes && !held.length && value.subarray(0, HEAD_BYTES).includes(0)) {
      await reader.cancel();
      throw new Failed(0, problemOf("file-binary", `${file.name} is no text: it holds bytes that no message has.`));
    }
    held = joined(held, value);
    while (held.length >= PIECE_BYTES) {
      const end = endOf(held);
      if (!end && held.length < 8 * PIECE_BYTES) break;
      await store(held.slice(0, end || held.length));
      held = held.slice(end || held.length);
    }
  }
  // What is left is less than a piece, but for its lines.
  for (let end = endOf(held); held.length; end = endOf(held)) {
    const whole = !end || !held.subarray(end).includes(LINE_END);
    await store(whole ? held : held.slice(0, end));
    held = whole ? new Uint8Array(0) : held.slice(end);
  }
  return { ...sent, done: file.size };
}

/** Where a piece ends: behind the last whole line that fits; 0 where none does. */
function endOf(held: Uint8Array): number {
  let end = 0;
  for (let lines = 0, next = held.indexOf(LINE_END); next >= 0 && next < PIECE_BYTES && lines < PIECE_LINES; lines++, next = held.indexOf(LINE_END, end)) end = next + 1;
  return end;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

async function digest(text: string): Promise<string> {
  // Only pages served over HTTPS or from this machine may hash; elsewhere a name of the same letters will do.
  if (!crypto.subtle) return [...text].reduce((sum, letter) => (sum * 31n + BigInt(letter.codePointAt(0)!)) % (1n << 64n), 7n).toString(16);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...hash.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends one piece until it is stored. What is full or away for a moment is tried again. */
async function post(url: string, body: Uint8Array, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    let why: Failed;
    let wait_s = 2 ** Math.min(tries, 5);
    try {
      const answer = await fetch(url, { method: "POST", body: body as BufferSource, headers: { ...headers, "Content-Type": "text/plain" }, signal, credentials: "omit" });
      if (answer.ok) return;
      const said = (await answer.text()).slice(0, 300);
      why = new Failed(answer.status, problemOf("upload", said || `The server answered with status ${answer.status}.`));
      if (answer.status !== 429 && answer.status !== 503) throw why;
      wait_s = Number(answer.headers.get("Retry-After")) || wait_s;
    } catch (error) {
      if (signal.aborted || error instanceof Failed) throw error;
      why = new Failed(0, problemOf("unreachable", "Dohyo does not answer."));
    }
    if (tries >= TRIES) throw why;
    await new Promise((after) => setTimeout(after, wait_s * 1000));
    signal.throwIfAborted();
  }
}
