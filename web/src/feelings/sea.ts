/**
 * The water of the plane. A small raster carries the light (slow membranes, a glow where the finger is, rings where it
 * touched) and is scaled up softly; over it lie the words as plankton that wakes near the finger, and the fine lines of
 * a constellation to the words that were chosen.
 *
 * `draw(ms)` paints the water at a time: the page calls it on every frame, or once where motion is not wanted.
 */
import { encodeSrgb, labToRgb8, type Lab } from "../ground/oklch";
import { ColourField } from "./field";
import { toScreen, type Point } from "./plane";

const RASTER = 88;
const RING_MS = 2_200;
const WAKE_MS = 900;
const LEVELS = 1024;

const CODES = Uint8ClampedArray.from({ length: LEVELS + 1 }, (_, level) => Math.round(encodeSrgb(level / LEVELS) * 255));

interface Mote {
  x: number;
  y: number;
  phase: number;
  size: number;
  colour: string;
  /** 0 asleep … 1 awake. */
  energy: number;
}

export interface SeaState {
  point: Point | null;
  /** Words to which a line leads, chosen ones first. */
  chosen: readonly Point[];
  near: readonly Point[];
}

export class Sea {
  state: SeaState = { point: null, chosen: [], near: [] };
  private field = new ColourField(null);
  private light = this.field.raster(RASTER);
  private motes: Mote[] = [];
  private rings: { x: number; y: number; born: number }[] = [];
  private readonly water: HTMLCanvasElement;
  private readonly pixels: ImageData;
  private glow = 0;
  private glowAt: [number, number] = [0.5, 0.5];
  private last = 0;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly still: boolean) {
    this.water = document.createElement("canvas");
    this.water.width = this.water.height = RASTER;
    this.pixels = new ImageData(RASTER, RASTER);
  }

  paint(field: ColourField): void {
    this.field = field;
    this.light = field.raster(RASTER);
    for (const mote of this.motes) mote.colour = css(field.at(mote.x, mote.y));
  }

  /** Let every word be a mote, each with a drift of its own. */
  sow(words: readonly Point[]): void {
    this.motes = words.map((word, seed) => {
      const [x, y] = toScreen(word);
      return { x, y, phase: (seed * 2.399963) % 6.283185, size: 0.7 + ((seed * 7) % 5) * 0.14, colour: css(this.field.at(x, y)), energy: 0 };
    });
  }

  touch(point: Point, ms: number): void {
    const [x, y] = toScreen(point);
    if (!this.still) this.rings = [...this.rings.slice(-3), { x, y, born: ms }];
  }

  draw(ms: number): void {
    const passed = this.last === 0 ? 16 : Math.min(100, ms - this.last);
    this.last = ms;
    this.follow(passed);
    this.shine(this.still ? 0 : ms);
    const size = this.canvas.width;
    const pen = this.canvas.getContext("2d");
    if (pen === null || size === 0) return;
    pen.globalCompositeOperation = "source-over";
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.water, 0, 0, size, size);
    pen.globalCompositeOperation = "lighter";
    this.drawMotes(pen, size, this.still ? 0 : ms, passed);
    if (this.state.point) this.drawPoint(pen, size, this.state.point);
  }

  private follow(passed: number): void {
    const { point } = this.state;
    const pull = this.still ? 1 : 1 - Math.exp(-passed / 130);
    this.glow += ((point ? 1 : 0) - this.glow) * (this.still ? 1 : 1 - Math.exp(-passed / 420));
    if (point === null) return;
    const [x, y] = toScreen(point);
    if (this.glow < 0.05) this.glowAt = [x, y];
    this.glowAt = [this.glowAt[0] + (x - this.glowAt[0]) * pull, this.glowAt[1] + (y - this.glowAt[1]) * pull];
  }

  /** Fill the raster: light of the palette times how awake the water is there. */
  private shine(ms: number): void {
    const { light, pixels } = this;
    this.rings = this.rings.filter((ring) => ms - ring.born < RING_MS);
    const time = ms / 1000;
    for (let row = 0, at = 0; row < RASTER; row += 1) {
      const y = (row + 0.5) / RASTER;
      for (let column = 0; column < RASTER; column += 1, at += 1) {
        const x = (column + 0.5) / RASTER;
        const awake = this.awake(x, y, time) * LEVELS;
        for (let part = 0; part < 3; part += 1) {
          pixels.data[at * 4 + part] = CODES[Math.min(LEVELS, ((light[at * 3 + part] ?? 0) * awake) | 0)] ?? 0;
        }
        pixels.data[at * 4 + 3] = 255;
      }
    }
    this.water.getContext("2d")?.putImageData(pixels, 0, 0);
  }

  /** How much of its light the water gives at (x, y), 0..1. */
  private awake(x: number, y: number, time: number): number {
    const warp = Math.sin(y * 5.1 + time * 0.21) + 0.6 * Math.sin(x * 7.3 - time * 0.13);
    const one = Math.sin(x * 6.4 + warp * 1.25 + time * 0.17);
    const two = Math.sin(y * 5.7 - warp * 1.05 + x * 2.2 - time * 0.11);
    const membrane = (1 - Math.abs(one)) ** 3 + (1 - Math.abs(two)) ** 3;
    const [gx, gy] = this.glowAt;
    const far2 = (x - gx) ** 2 + (y - gy) ** 2;
    const near = this.glow * (0.62 * Math.exp(-far2 / 0.012) + 0.3 * Math.exp(-far2 / 0.085));
    const rest = (0.085 + 0.1 * membrane) * (1 - 0.25 * this.glow);
    let rings = 0;
    for (const ring of this.rings) {
      const age = (time * 1000 - ring.born) / RING_MS;
      const off = Math.hypot(x - ring.x, y - ring.y) - 0.62 * (1 - (1 - age) ** 2);
      rings += 0.34 * (1 - age) ** 2 * Math.exp(-(off * off) / 0.0016);
    }
    return (rest + near + rings) * shore(x) * shore(y);
  }

  private drawMotes(pen: CanvasRenderingContext2D, size: number, ms: number, passed: number): void {
    const [gx, gy] = this.glowAt;
    const unit = size / 360;
    for (const mote of this.motes) {
      const far = Math.hypot(mote.x - gx, mote.y - gy);
      const wish = this.glow * Math.exp(-(far * far) / 0.02);
      mote.energy = wish > mote.energy || this.still ? wish : mote.energy + (wish - mote.energy) * (1 - Math.exp(-passed / WAKE_MS));
      const drift = this.still ? 0 : 2.2 * unit;
      const x = mote.x * size + Math.sin(ms / 3100 + mote.phase) * drift;
      const y = mote.y * size + Math.cos(ms / 3700 + mote.phase * 1.7) * drift;
      pen.globalAlpha = 0.2 + 0.75 * mote.energy;
      pen.fillStyle = mote.colour;
      pen.beginPath();
      pen.arc(x, y, mote.size * unit * (1 + 1.1 * mote.energy), 0, 6.2832);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  private drawPoint(pen: CanvasRenderingContext2D, size: number, point: Point): void {
    const unit = size / 360;
    const [x, y] = toScreen(point).map((part) => part * size) as [number, number];
    const colour = css(this.field.atPoint(point));
    for (const [words, alpha, width] of [[this.state.near, 0.3, 0.7], [this.state.chosen, 0.95, 1.1]] as const) {
      for (const word of words) {
        const [wx, wy] = toScreen(word).map((part) => part * size) as [number, number];
        pen.globalAlpha = alpha;
        pen.strokeStyle = colour;
        pen.lineWidth = width * unit;
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(wx, wy);
        pen.stroke();
        pen.fillStyle = colour;
        pen.beginPath();
        pen.arc(wx, wy, (width + 1.3) * unit, 0, 6.2832);
        pen.fill();
      }
    }
    pen.globalCompositeOperation = "source-over";
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5 * unit;
    pen.strokeStyle = "rgba(4, 9, 18, 0.75)"; // a dark ring around the light one: seen on any water
    circle(pen, x, y, 12.5 * unit).stroke();
    pen.strokeStyle = "rgba(250, 253, 255, 0.95)";
    circle(pen, x, y, 11 * unit).stroke();
    pen.fillStyle = "#fbfdff";
    circle(pen, x, y, 4.2 * unit).fill();
  }
}

function circle(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): CanvasRenderingContext2D {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 6.2832);
  return pen;
}

/** The water darkens a little towards its edges. */
function shore(at: number): number {
  const inwards = Math.min(at, 1 - at) / 0.1;
  return inwards >= 1 ? 1 : 0.45 + 0.55 * inwards * (2 - inwards);
}

function css(colour: Lab): string {
  return `rgb(${labToRgb8(colour).join(" ")})`;
}
