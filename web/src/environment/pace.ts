/**
 * How finely the water is painted: as finely as the machine can afford. The picture is soft, so that half the screen's
 * resolution is plenty; a machine that takes longer than its time for a frame gets fewer points, not fewer frames.
 */

/** A frame may take this long, ms: 60 a second with something to spare. */
export const FRAME_MS = 14;
const FINEST = 0.5;
const COARSEST = 0.2;
const FRAMES = 24;
const CALM = 0.45;

export class Pace {
  /** Points painted per point of the screen, along one side. */
  scale = FINEST;
  private sum = 0;
  private count = 0;

  /** Take note of a frame that took `ms`; tells whether the scale has changed. */
  note(ms: number): boolean {
    if (ms > 1_000) return false; // the machine slept
    this.sum += ms;
    this.count += 1;
    if (this.count < FRAMES) return false;
    const mean = this.sum / this.count;
    [this.sum, this.count] = [0, 0];
    const before = this.scale;
    if (mean > FRAME_MS) this.scale = Math.max(COARSEST, this.scale * Math.max(0.6, Math.sqrt(FRAME_MS / mean) * 0.95));
    else if (mean < FRAME_MS * CALM) this.scale = Math.min(FINEST, this.scale * 1.1);
    return this.scale !== before;
  }
}
