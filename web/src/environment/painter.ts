/**
 * Who paints the water: the graphics card, or where there is none, the same water more coarsely by hand on a canvas.
 * A painter is given a frame and paints it; it knows nothing of time, releases or pages.
 */
import { smooth, STEPS } from "./bands";
import { bent, light, rankOf, RANKS, territory, tiles } from "./field";
import { FRAGMENT, VERTEX } from "./shader";
import { encodeSrgb, labToLinear } from "../ground/oklch";

export interface Frame {
  /** Seconds of the water's own time. */
  time: number;
  /** See `ribbon` of bands.ts; the same array means that it has not changed. */
  ribbon: Float32Array;
  ranks: Float32Array;
  rest: number;
  lit: number;
}

export interface Painter {
  readonly kind: "webgl2" | "canvas";
  paint(frame: Frame): void;
  /** Milliseconds that a frame took not long ago on the graphics card, or null where the machine does not tell. */
  cost(): number | null;
}

/** The best painter that this machine has for `canvas`. */
export function painterFor(canvas: HTMLCanvasElement): Painter | null {
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "low-power" });
  if (gl !== null) {
    const program = built(gl);
    return program === null ? null : new CardPainter(gl, program);
  }
  const pen = canvas.getContext("2d", { alpha: false });
  return pen === null ? null : new HandPainter(canvas, pen);
}

function built(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** The part of EXT_disjoint_timer_query_webgl2 that we use. */
interface Timer {
  readonly TIME_ELAPSED_EXT: number;
  readonly GPU_DISJOINT_EXT: number;
}

class CardPainter implements Painter {
  readonly kind = "webgl2";
  private readonly places: Record<"uSize" | "uTime" | "uLit" | "uRest" | "uRanks", WebGLUniformLocation | null>;
  private readonly timer: Timer | null;
  private query: WebGLQuery | null = null;
  private ribbon: Float32Array | null = null;

  constructor(private readonly gl: WebGL2RenderingContext, program: WebGLProgram) {
    const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    this.places = {
      uSize: place("uSize"), uTime: place("uTime"), uLit: place("uLit"), uRest: place("uRest"), uRanks: place("uRanks"),
    };
    this.timer = gl.getExtension("EXT_disjoint_timer_query_webgl2") as Timer | null;
    gl.useProgram(program);
    gl.bindVertexArray(gl.createVertexArray());
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, gl.LINEAR);
  }

  paint({ time, ribbon, ranks, rest, lit }: Frame): void {
    const { gl, places } = this;
    const { width, height } = gl.canvas;
    gl.viewport(0, 0, width, height);
    if (ribbon !== this.ribbon) {
      this.ribbon = ribbon;
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, STEPS, 1, 0, gl.RGBA, gl.FLOAT, ribbon);
    }
    gl.uniform2f(places.uSize, width, height);
    gl.uniform1f(places.uTime, time);
    gl.uniform1f(places.uLit, lit);
    gl.uniform1f(places.uRest, rest);
    gl.uniform1fv(places.uRanks, ranks, 0, RANKS);
    const query = this.timer && this.query === null ? gl.createQuery() : null;
    if (this.timer && query) gl.beginQuery(this.timer.TIME_ELAPSED_EXT, query);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    if (this.timer && query) gl.endQuery(this.timer.TIME_ELAPSED_EXT);
    this.query ??= query;
  }

  cost(): number | null {
    const { gl, timer, query } = this;
    if (timer === null || query === null || !gl.getQueryParameter(query, gl.QUERY_RESULT_AVAILABLE)) return null;
    const nanoseconds = gl.getQueryParameter(query, gl.QUERY_RESULT) as number;
    gl.deleteQuery(query);
    this.query = null;
    return gl.getParameter(timer.GPU_DISJOINT_EXT) ? null : nanoseconds / 1e6;
  }
}

/** Points of the small raster that is painted by hand, at most. */
const BY_HAND = 20_000;

class HandPainter implements Painter {
  readonly kind = "canvas";
  private readonly small = document.createElement("canvas");

  constructor(private readonly canvas: HTMLCanvasElement, private readonly pen: CanvasRenderingContext2D) {}

  paint(frame: Frame): void {
    const { width, height } = this.canvas;
    const step = Math.max(1, Math.sqrt((width * height) / BY_HAND));
    const [wide, high] = [Math.max(1, Math.round(width / step)), Math.max(1, Math.round(height / step))];
    [this.small.width, this.small.height] = [wide, high];
    this.small.getContext("2d")?.putImageData(new ImageData(raster(frame, wide, high), wide, high), 0, 0);
    this.pen.imageSmoothingQuality = "high";
    this.pen.drawImage(this.small, 0, 0, width, height);
  }

  cost(): null {
    return null;
  }
}

/** The frame as `wide`·`high` points, RGBA from the top; what the shader does, without its finest touches. */
export function raster({ time, ribbon, ranks, rest, lit }: Frame, wide: number, high: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(wide * high * 4);
  let from = 0;
  for (const at of tiles(wide, high, wide / high)) {
    const p = bent(at, time);
    const step = Math.min(STEPS - 1, Math.floor(rankOf(territory(p, time), ranks) * STEPS)) * 4;
    const glow = light(at, p, time, rest) * ribbon[step + 3]!;
    const b = ribbon[step + 2]!;
    const amber = 0.32 * (1 - smooth(glow / 0.6)) * Math.max(b, 0);
    const shine = guarded(labToLinear([ribbon[step]!, ribbon[step + 1]! + amber, b]).map((part) => Math.max(0, part)));
    const vignette = 1 - 0.36 * Math.min(1, at[0] ** 2 + at[1] ** 2);
    const row = high - 1 - Math.floor(from / wide);
    const into = (row * wide + (from % wide)) * 4;
    shine.forEach((part, channel) => {
      const code = (part * glow * lit + WATER[channel]!) * vignette;
      pixels[into + channel] = 255 * encodeSrgb(code / (1 + 0.18 * code));
    });
    pixels[into + 3] = 255;
    from += 1;
  }
  return pixels;
}

/** Light of the water itself, linear. */
const WATER = [0.001, 0.0034, 0.008] as const;

/** As in the shader: red is never purer than R : (R + G + B) = 0.79. */
function guarded([r, g, b]: number[]): number[] {
  const missing = Math.max(0, r! / 0.79 - r! - g! - b!) / 2;
  return [r!, g! + missing, b! + missing];
}
