/**
 * What lies deep and moves so slowly that it is painted a few times a second: the water, which carries the whole city's
 * mixture, and the membranes of the districts, whose rims carry theirs.
 */
import type { Spot } from "./chart";
import { current, LEVELS, ranks } from "./light";
import { Raster } from "./raster";
import { MOON, seedOf, type Body, type Fading, type Scene } from "./scene";

const SIDE = 144;
const RIDGES = 7;
const AGAIN_S = 0.3;
/** Width in CSS pixels and faintness of the lines that make a rim, from its mist to itself. */
const RIM = [
  [15, 0.03],
  [10, 0.04],
  [6, 0.07],
  [3, 0.12],
  [1.3, 0.6],
] as const;

export class DeepWater {
  /** The picture, as large as the canvas over it. */
  readonly sheet = document.createElement("canvas");
  private readonly rims = document.createElement("canvas");
  private readonly depth = new Raster(SIDE);
  private readonly field = new Float32Array(SIDE * SIDE);
  private painted: { scene: Scene; time: number } | null = null;

  constructor(private readonly fading: (id: string) => Fading, private readonly still: boolean) {}

  /** Paint it anew where it is old; `wide` and `high` are those of the canvas, in its own pixels. */
  draw(scene: Scene, time: number, wide: number, high: number): void {
    const fresh = this.painted?.scene === scene && time - this.painted.time < AGAIN_S && this.sheet.width === wide;
    const pen = this.sheet.getContext("2d");
    if ((fresh && !this.still) || pen === null) return;
    this.painted = { scene, time };
    for (const sheet of [this.sheet, this.rims]) {
      if (sheet.width !== wide) sheet.width = wide;
      if (sheet.height !== high) sheet.height = high;
    }
    pen.setTransform(wide / scene.width, 0, 0, high / scene.height, 0, 0);
    this.drawWater(pen, scene, time);
    this.drawMembranes(pen, scene, time);
  }

  private drawWater(pen: CanvasRenderingContext2D, { width, height, bodies }: Scene, time: number): void {
    const city = bodies.find((body) => body.kind === "city");
    this.fillDepth(time, width / height, city ? this.fading(city.id) : null);
    pen.globalCompositeOperation = "source-over";
    pen.globalAlpha = 1;
    pen.fillStyle = "#01050b";
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.depth.sheet, 0, 0, width, height);
    const [x, y] = [width / 2, height * 0.56];
    const [near, far] = [Math.min(width, height) * 0.25, Math.hypot(width, height) * 0.54];
    const shore = pen.createRadialGradient(x, y, near, x, y, far);
    shore.addColorStop(0, "rgba(1, 5, 11, 0)");
    shore.addColorStop(1, "rgba(1, 5, 11, 0.88)");
    pen.fillStyle = shore;
    pen.fillRect(0, 0, width, height);
  }

  /** Lines of equal depth, as on a sea chart; how many of them have a mood's colour is its share in the city. */
  private fillDepth(time: number, stretch: number, fade: Fading | null): void {
    const wide = 2.6 * Math.min(1.7, stretch);
    for (let at = 0; at < this.field.length; at += 1) {
      const [x, y] = [((at % SIDE) / SIDE) * wide, (Math.floor(at / SIDE) / SIDE) * 2.6];
      this.field[at] = current(x, y, time * 0.55, 1.3);
    }
    const rank = ranks(this.field, this.field.length);
    const row = fade?.row ?? null;
    const lit = row && fade ? fade.lit : 0;
    const { pixels } = this.depth;
    for (let at = 0; at < rank.length; at += 1) {
      const level = rank[at]! * 3;
      const wave = Math.abs((((rank[at]! / LEVELS) * RIDGES + time * 0.02) % 1) - 0.5) * 2;
      pixels[at * 4] = row ? row[level]! : 120;
      pixels[at * 4 + 1] = row ? row[level + 1]! : 160;
      pixels[at * 4 + 2] = row ? row[level + 2]! : 200;
      pixels[at * 4 + 3] = 255 * (0.03 + 0.035 * lit + (0.04 + 0.13 * lit) * wave ** 3);
    }
    this.depth.flush();
  }

  /** Districts: a breath of moonlight, and rims whose length is shared out like their mixtures. */
  private drawMembranes(pen: CanvasRenderingContext2D, scene: Scene, time: number): void {
    const districts = scene.bodies.filter((body) => body.rim.length > 0);
    const lines = districts.map((body) => this.swaying(body, time));
    pen.globalCompositeOperation = "lighter";
    districts.forEach((body, which) => {
      pen.fillStyle = `rgba(${MOON}, ${scene.chosen === body.id ? 0.075 : 0.03})`;
      pen.beginPath();
      for (const { x, y } of lines[which] ?? []) pen.lineTo(x, y);
      pen.fill();
    });
    const sheet = this.rims.getContext("2d");
    if (sheet === null) return;
    for (const [wide, alpha] of RIM) {
      sheet.setTransform(1, 0, 0, 1, 0, 0);
      sheet.clearRect(0, 0, this.rims.width, this.rims.height);
      sheet.setTransform(pen.getTransform());
      sheet.lineWidth = wide;
      districts.forEach((body, which) => this.strokeRim(sheet, body, lines[which] ?? [], time));
      pen.globalAlpha = alpha;
      pen.drawImage(this.rims, 0, 0, scene.width, scene.height);
    }
  }

  private swaying(body: Body, time: number): Spot[] {
    if (this.still) return [...body.rim];
    return body.rim.map(({ x, y }, at) => {
      const angle = (at / body.rim.length) * 2 * Math.PI;
      const sway = 2.6 * Math.sin(time * 0.4 + 3 * angle) * Math.sin(time * 0.23 + 2 * angle + seedOf(body.id));
      const far = Math.hypot(x - body.at.x, y - body.at.y) || 1;
      return { x: x + ((x - body.at.x) / far) * sway, y: y + ((y - body.at.y) / far) * sway };
    });
  }

  /** One rim, opaque: overlaps of its pieces must not shine brighter. Fainter is darker, as it is laid as light. */
  private strokeRim(sheet: CanvasRenderingContext2D, body: Body, line: readonly Spot[], time: number): void {
    const { row, lit } = this.fading(body.id);
    const speaks = row !== null && !body.borrowed;
    const drift = Math.floor(time * 1.2);
    const light = 0.25 + 0.75 * lit;
    const moon = MOON.split(", ").map((part) => Number(part) * 0.4).join(" ");
    sheet.lineCap = "round";
    line.forEach((from, at) => {
      if (!speaks && at % 2) return;
      const to = line[(at + 1) % line.length]!;
      const level = ((Math.floor((at / line.length) * LEVELS) + drift) % LEVELS) * 3;
      const parts = speaks ? [0, 1, 2].map((part) => row[level + part]! * light).join(" ") : moon;
      sheet.strokeStyle = `rgb(${parts})`;
      sheet.beginPath();
      sheet.moveTo(from.x, from.y);
      sheet.lineTo(to.x, to.y);
      sheet.stroke();
    });
  }
}
