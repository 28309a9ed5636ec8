/** A page that nobody has answered yet. */
import type { FeedbackBatch } from "../../src/types.js";

export const emptyFeedback = (slots: number): FeedbackBatch => ({
  count: 1,
  slots,
  click: new Uint8Array(slots),
  watchMs: new Int32Array(slots),
  like: new Uint8Array(slots),
  share: new Uint8Array(slots),
  hide: new Uint8Array(slots),
  follow: new Uint8Array(slots),
  conversion: new Uint8Array(slots),
  revenueMicros: new Int32Array(slots),
});
