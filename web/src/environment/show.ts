/**
 * The show: keeps a canvas painted while it is in sight. It holds the time of the water, the way from one release to
 * the next and the fineness of the picture; it rests while the page is hidden and comes back when a graphics card was
 * lost. Where motion is not wanted, or the time is held, it paints one still picture for each change.
 */
import { ribbon, type Bands } from "./bands";
import { Fade } from "./fade";
import { ranksAt, RANKS } from "./field";
import { Pace } from "./pace";
import { painterFor, type Painter } from "./painter";

/** The second at which a still picture is taken. */
const STILL_S = 37;
/** Seconds between two measurements of the territory. */
const MEASURED_S = 1;
/** Milliseconds between two frames by hand. */
const BY_HAND_MS = 90;
/** The water flows one way for this long, then back: a wall that runs for weeks keeps small numbers, and smooth ones. */
const TIDE_S = 3 * 3600;

/** The water's own time, 0..`TIDE_S`, at a Unix time in seconds: the same on all walls of a city, so that neighbours agree. */
export function tide(unixS: number): number {
  const turn = unixS % (2 * TIDE_S);
  return turn < TIDE_S ? turn : 2 * TIDE_S - turn;
}

export interface Staging {
  /** Seconds at which the water is held for ever; null lets it flow. */
  heldAt: number | null;
  /** Whether motion is not wanted. */
  still: boolean;
}

export class Show {
  private painter: Painter | null = null;
  private readonly pace = new Pace();
  private readonly fade = new Fade();
  private painted: { bands: Bands; ribbon: Float32Array } | null = null;
  private measured: { from: number; aspect: number; early: Float32Array; late: Float32Array } | null = null;
  private next = 0;
  private before = 0;
  private lost = false;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly canvas: HTMLCanvasElement, private staging: Staging) {
    this.painter = painterFor(canvas);
    this.listen(canvas, "webglcontextlost", (event) => {
      event.preventDefault(); // we want it back
      this.lost = true;
    });
    this.listen(canvas, "webglcontextrestored", () => {
      this.lost = false;
      this.painter = painterFor(canvas);
      this.wake();
    });
    this.listen(document, "visibilitychange", () => this.wake());
    const watch = new ResizeObserver(() => this.fit());
    watch.observe(canvas);
    this.endings.push(() => watch.disconnect());
  }

  /** Who paints; null where nobody can, and the page shows its plain ground. */
  get kind(): Painter["kind"] | null {
    return this.painter?.kind ?? null;
  }

  /** Turn towards `bands`. */
  show(bands: Bands): void {
    this.fade.aim(bands, performance.now() / 1000, this.standing);
    this.wake();
  }

  /** The person's wish about motion has changed. */
  stage(staging: Staging): void {
    this.staging = staging;
    this.fit();
    this.wake();
  }

  end(): void {
    cancelAnimationFrame(this.next);
    for (const end of this.endings) end();
  }

  private get standing(): boolean {
    return this.staging.still || this.staging.heldAt !== null;
  }

  private listen(target: EventTarget, type: string, heard: (event: Event) => void): void {
    target.addEventListener(type, heard);
    this.endings.push(() => target.removeEventListener(type, heard));
  }

  private wake(): void {
    cancelAnimationFrame(this.next);
    if (document.hidden) return;
    this.before = 0;
    this.next = requestAnimationFrame((ms) => this.turn(ms));
  }

  private fit(): void {
    const scale = this.standing || this.kind === "canvas" ? 1 : this.pace.scale * devicePixelRatio;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight].map((side) => Math.max(1, Math.round(side * scale)));
    if (this.canvas.width === width && this.canvas.height === height) return;
    [this.canvas.width, this.canvas.height] = [width!, height!]; // which empties it: it is filled again before it is seen
    if (this.painter && !this.lost) this.paint(this.painter, performance.now() / 1000);
  }

  private turn(ms: number): void {
    if (this.painter === null || this.lost) return;
    if (this.kind === "webgl2" || this.standing || ms - this.before >= BY_HAND_MS) {
      this.paint(this.painter, ms / 1000);
      this.learn(ms);
    }
    if (!this.standing) this.next = requestAnimationFrame((later) => this.turn(later));
  }

  private paint(painter: Painter, now: number): void {
    const time = this.staging.heldAt ?? (this.staging.still ? STILL_S : tide(performance.timeOrigin / 1000 + now));
    const bands = this.fade.at(now);
    if (bands === null) return;
    if (this.painted?.bands !== bands) this.painted = { bands, ribbon: ribbon(bands) };
    painter.paint({
      time, ribbon: this.painted.ribbon, ranks: this.ranks(time), rest: bands.rest, lit: this.fade.litAt(now),
    });
  }

  /** Coarser where frames take too long; the time of a frame is the card's own, or else the time between two. */
  private learn(ms: number): void {
    const between = this.before === 0 ? null : ms - this.before;
    this.before = ms;
    if (this.standing || this.kind !== "webgl2" || between === null) return;
    const cost = this.painter?.cost() ?? (between > 20 ? between : null);
    if (cost !== null && this.pace.note(cost)) this.fit();
  }

  /** The distribution of the territory at `time`, between two measurements. */
  private ranks(time: number): Float32Array {
    const aspect = this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight) || 1;
    const from = Math.floor(time / MEASURED_S) * MEASURED_S;
    if (this.measured?.from !== from || this.measured.aspect !== aspect) {
      const last = this.measured;
      const early = last?.from === from - MEASURED_S && last.aspect === aspect ? last.late : ranksAt(from, aspect);
      this.measured = { from, aspect, early, late: ranksAt(from + MEASURED_S, aspect) };
    }
    const { early, late } = this.measured;
    const part = (time - from) / MEASURED_S;
    return Float32Array.from({ length: RANKS }, (_, rank) => early[rank]! + (late[rank]! - early[rank]!) * part);
  }
}
