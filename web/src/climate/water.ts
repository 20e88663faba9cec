/**
 * The night sea of the city, on a canvas: far below the deep water (deep.ts), over it the lines between neighbours and
 * the places. A place is a drop. A voice that is borrowed is only a ring, with a thread to its speaker; where nobody
 * speaks yet, a few motes gather under moonlight.
 *
 * `draw(ms)` paints one moment: the page calls it on frames, or once per change where motion is not wanted.
 */
import type { Spot } from "./chart";
import { DeepWater } from "./deep";
import { Drop } from "./light";
import { Raster } from "./raster";
import { Fading, MOON, seedOf, type Body, type Scene } from "./scene";

const DROP_SIDE = 52;
const HALO_SIDE = 20;
/** Always as many, so that they tell nothing of how many listen in vain. */
const MOTES = 8;
const AGAIN_S = 0.09;

/** A drop as it was last filled, and the light around it. */
interface Lit {
  drop: Drop;
  raster: Raster;
  halo: HTMLCanvasElement;
  filledAt: number;
}

export class NightSea {
  private scene: Scene = { width: 0, height: 0, bodies: [], lines: [], chosen: null };
  private readonly fades = new Map<string, Fading>();
  private readonly drops = new Map<string, Lit>();
  private readonly deep: DeepWater;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly still: boolean) {
    this.deep = new DeepWater((id) => this.fading(id), still);
  }

  show(scene: Scene, ms: number): void {
    this.scene = scene;
    for (const body of scene.bodies) this.fading(body.id).aim(body.hues, ms);
  }

  draw(ms: number): void {
    const pen = this.canvas.getContext("2d");
    const { width, height, bodies } = this.scene;
    if (pen === null || width === 0) return;
    const time = this.still ? 40 : ms / 1000;
    for (const fade of this.fades.values()) fade.step(ms, this.still);
    this.deep.draw(this.scene, time, this.canvas.width, this.canvas.height);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalCompositeOperation = "copy";
    pen.globalAlpha = 1;
    pen.drawImage(this.deep.sheet, 0, 0);
    pen.setTransform(this.canvas.width / width, 0, 0, this.canvas.height / height, 0, 0);
    pen.globalCompositeOperation = "lighter";
    this.drawLines(pen);
    for (const body of bodies) if (body.kind === "place") this.drawPlace(pen, body, time);
  }

  private fading(id: string): Fading {
    const known = this.fades.get(id) ?? new Fading();
    this.fades.set(id, known);
    return known;
  }

  private drawLines(pen: CanvasRenderingContext2D): void {
    pen.globalAlpha = 1;
    pen.lineWidth = 0.8;
    pen.strokeStyle = `rgba(${MOON}, 0.24)`;
    pen.beginPath();
    for (const [from, to] of this.scene.lines) {
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x, to.y);
    }
    pen.stroke();
  }

  private drawPlace(pen: CanvasRenderingContext2D, body: Body, time: number): void {
    const fade = this.fading(body.id);
    const seed = seedOf(body.id);
    const floating = this.still ? 0 : 1.6;
    const x = body.at.x + floating * Math.sin(time * 0.37 + seed);
    const y = body.at.y + floating * Math.cos(time * 0.29 + seed * 1.3);
    if (body.borrowed && body.thread) this.drawThread(pen, { x, y }, body.thread);
    if (!body.borrowed || !fade.row) this.drawWaiting(pen, x, y, body, time, fade.row ? 1 - fade.lit : 1);
    if (!fade.row || fade.lit <= 0.01) return;
    const { raster, halo } = this.filled(body, fade, time);
    const put = (picture: HTMLCanvasElement, size: number, alpha: number): void => {
      pen.globalAlpha = alpha * fade.lit;
      pen.drawImage(picture, x - size, y - size, size * 2, size * 2);
    };
    const shine = this.scene.chosen === body.id ? 1.5 : 1;
    put(halo, body.radius * 2.7, (body.borrowed ? 0.22 : 0.34) * shine);
    pen.globalCompositeOperation = body.borrowed ? "lighter" : "source-over";
    put(raster.sheet, body.radius, body.borrowed ? 0.9 : 1);
    pen.globalCompositeOperation = "lighter";
  }

  /** Not enough voices yet: motes that gather around a place that listens. Over a place that rests the water is still. */
  private drawWaiting(pen: CanvasRenderingContext2D, x: number, y: number, body: Body, time: number, lit: number): void {
    if (lit < 0.01) return;
    const seed = seedOf(body.id);
    const breath = this.still ? 0.5 : 0.5 + 0.5 * Math.sin(time * 0.6 + seed);
    const reach = body.radius * 1.9;
    const glow = pen.createRadialGradient(x, y, 0, x, y, reach);
    glow.addColorStop(0, `rgba(${MOON}, ${(0.3 + 0.1 * breath) * lit})`);
    glow.addColorStop(0.35, `rgba(${MOON}, ${(0.1 + 0.05 * breath) * lit})`);
    glow.addColorStop(1, `rgba(${MOON}, 0)`);
    pen.globalAlpha = 1;
    pen.fillStyle = glow;
    circle(pen, x, y, reach).fill();
    if (body.state === "resting") {
      pen.strokeStyle = `rgba(${MOON}, ${0.6 * lit})`;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(x - body.radius * 0.75, y);
      pen.lineTo(x + body.radius * 0.75, y);
      pen.moveTo(x - body.radius * 0.38, y + 4.5);
      pen.lineTo(x + body.radius * 0.38, y + 4.5);
      pen.stroke();
      return;
    }
    for (let mote = 0; mote < MOTES; mote += 1) {
      const angle = mote * 2.4 + seed + time * (0.11 - 0.012 * mote);
      const far = body.radius * (0.35 + 0.16 * mote + 0.1 * Math.sin(time * 0.4 + mote * 1.9));
      pen.fillStyle = `rgba(${MOON}, ${(0.85 - 0.09 * mote) * lit})`;
      circle(pen, x + far * Math.cos(angle), y + far * Math.sin(angle), 1.25 - 0.09 * mote).fill();
    }
  }

  /** From a place to the one that speaks for it. */
  private drawThread(pen: CanvasRenderingContext2D, from: Spot, to: Spot): void {
    pen.globalAlpha = 1;
    pen.strokeStyle = `rgba(${MOON}, 0.4)`;
    pen.lineWidth = 0.9;
    pen.setLineDash([1, 5]);
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** The drop as it is now. Its currents are slow, so it is filled anew only some times a second. */
  private filled(body: Body, fade: Fading, time: number): Lit {
    const key = `${body.id} ${body.borrowed}`;
    const known = this.drops.get(key) ?? {
      drop: new Drop(DROP_SIDE, seedOf(body.id), body.borrowed),
      raster: new Raster(DROP_SIDE),
      halo: square(HALO_SIDE),
      filledAt: -Infinity,
    };
    this.drops.set(key, known);
    if (fade.row && (this.still || time - known.filledAt >= AGAIN_S)) {
      known.filledAt = time - (seedOf(body.id) % 1) * 0.04; // not all in the same frame
      known.drop.fill(known.raster.pixels, fade.row, time, fade.softness);
      known.raster.flush();
      paintHalo(known.halo, known.raster.sheet);
    }
    return known;
  }
}

/** The light around a drop is the drop itself, out of focus. */
function paintHalo(halo: HTMLCanvasElement, drop: HTMLCanvasElement): void {
  const pen = halo.getContext("2d");
  if (pen === null) return;
  const middle = halo.width / 2;
  const mist = pen.createRadialGradient(middle, middle, 0, middle, middle, middle);
  for (const at of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    mist.addColorStop(at, `rgba(0, 0, 0, ${Math.exp(-4.2 * at * at) * (1 - at)})`);
  }
  pen.globalCompositeOperation = "copy";
  pen.imageSmoothingQuality = "high";
  pen.drawImage(drop, 0, 0, halo.width, halo.height);
  pen.globalCompositeOperation = "destination-in";
  pen.fillStyle = mist;
  pen.fillRect(0, 0, halo.width, halo.height);
}

function square(side: number): HTMLCanvasElement {
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = side;
  return sheet;
}

function circle(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): CanvasRenderingContext2D {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 6.2832);
  return pen;
}
