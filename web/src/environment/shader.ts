/**
 * The wall's water as a WebGL2 program: one triangle over the whole screen, all light computed at each point. It says
 * what field.ts says, and adds what only a graphics card has time for: silk in the folds, plankton, and dither.
 *
 * Which mood a point belongs to and how much light there is are kept apart, so that no mood is brighter by chance of
 * place. Colour is OKLab until the last step; a dim colour is the same colour with less light, never mixed with grey.
 */
import { RANKS } from "./field";

export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/** See `bent`, `territory` and `rankOf` of field.ts. */
const TERRITORY = `
vec2 bent(vec2 at, float time) {
  vec2 p = 2.7 * at;
  p += 0.62 * sin(1.25 * p.yx + vec2(0.083, -0.071) * time + vec2(0.4, 2.1));
  p += 0.34 * sin(2.35 * p.yx + vec2(-0.101, 0.092) * time + vec2(3.7, 1.2));
  p += 0.15 * sin(4.9 * p.yx + vec2(0.127, -0.113) * time + vec2(1.9, 5.3));
  return p;
}
float territory(vec2 p, float time) {
  return sin(1.05 * p.x + 0.041 * time) + 0.85 * sin(1.3 * p.y - 0.7 * p.x - 0.037 * time + 1.0)
    + 0.45 * sin(1.9 * p.y + 1.1 * p.x + 0.053 * time + 4.0);
}
float rankOf(float value) {
  int low = 0, high = ${RANKS - 1};
  for (int step = 0; step < 6; step++) {
    int middle = (low + high) / 2;
    if (value < uRanks[middle]) high = middle; else low = middle;
  }
  float part = (value - uRanks[low]) / max(uRanks[high] - uRanks[low], 1e-5);
  return clamp((float(low) + part) / ${RANKS - 1}.0, 0.0, 1.0);
}`;

/** See `stretched`, `membrane`, `veils` and `moonlight` of field.ts. */
const LIGHT = `
float stretched(vec2 p, float time, float seed, float turn, float size) {
  float stretch = 1.0, angle = seed, wave = 1.0;
  for (int fold = 0; fold < 4; fold++) {
    angle += turn;
    vec2 way = vec2(cos(angle), sin(angle));
    float phase = wave * dot(way, p) + seed * 3.1
      + time * (0.06 + 0.017 * float(fold)) * ((fold & 1) == 1 ? 1.0 : -1.0);
    p += size * sin(phase) * (mat2(0.766, 0.643, -0.643, 0.766) * way);
    stretch *= 1.0 + size * wave * 0.766 * cos(phase);
    size *= 0.6;
    wave *= 1.72;
  }
  return stretch;
}
float membrane(float stretch) {
  float away = abs(stretch), grain = fwidth(stretch);
  float rim = 0.05 / (0.05 + max(away, grain));
  float silk = 0.85 + 0.15 * cos(46.0 * stretch) * smoothstep(0.05, 0.01, grain);
  return (1.6 * rim * rim + 0.17 * exp(-5.5 * away) + 0.06 * smoothstep(0.02, -0.5, stretch)) * silk;
}
float veils(vec2 at, vec2 p, float time) {
  float far = membrane(stretched(mix(2.4 * at, p, 0.6) * 1.35, time, 0.3, 1.9, 1.15));
  float near = membrane(stretched(mix(2.4 * at, p, 0.8) * 2.3 + 3.0, time * 1.2, 2.2, 2.3, 1.05));
  float here = smoothstep(-0.7, 1.0, sin(1.9 * at.x + 0.8 * p.y + 0.06 * time));
  float there = smoothstep(-0.9, 0.8, sin(1.4 * at.y - 0.9 * p.x - 0.05 * time));
  float glow = far * (0.2 + 0.8 * there) + 0.7 * near * here;
  float shine = 1.75 * glow / (1.0 + 0.8 * glow);
  return 0.005 + shine * smoothstep(0.0, 0.65, shine);
}
float moonlight(vec2 at, vec2 p, float time) {
  float away = clamp(0.55 - at.y, 0.02, 1.3);
  float depth = 1.0 / (0.12 + away);
  float aside = at.x + 0.04 * sin(5.0 * at.y + 0.07 * time);
  float path = exp(-aside * aside / (0.012 + 0.075 * away));
  float swell = sin(7.0 * depth + 1.6 * sin(2.6 * at.x + 0.09 * time) + 0.6 * p.x - 0.24 * time);
  float ripple = sin(21.0 * depth + 2.4 * sin(5.2 * at.x - 0.06 * time) + 1.3 * swell + 0.19 * time);
  float broken = 0.5 + 0.5 * sin(13.0 * at.x + 5.0 * depth + 2.0 * ripple + 0.11 * time);
  float crest = (0.55 + 0.45 * swell) * pow(0.5 + 0.5 * ripple, 4.0) * (0.35 + 0.65 * broken);
  float sky = 0.035 * exp(-3.2 * length(vec2(at.x * 0.6, away)));
  return 0.004 + sky + 0.016 * path + 0.8 * crest * (0.045 + 0.955 * path);
}
/* Sparse points that drift with the water and breathe in 8 to 20 seconds. */
float plankton(vec2 at, vec2 p, float time) {
  float sum = 0.0;
  for (float layer = 0.0; layer < 2.0; layer++) {
    vec2 net = at * (9.0 + 8.0 * layer) + 0.8 * p + vec2(0.02 - 0.03 * layer, 0.013) * time + 7.7 * layer;
    vec2 home = floor(net);
    float which = hash(home + 31.0 * layer), other = hash(home + 57.0);
    float away = length(net - home - 0.5 - 0.3 * vec2(sin(6.28 * which), cos(6.28 * other)));
    float breath = 0.5 + 0.5 * sin(time * (0.3 + 0.45 * other) + 40.0 * which);
    float seen = step(0.86, other) * breath * smoothstep(0.48, 0.2, away);
    sum += seen * (0.8 * exp(-700.0 * away * away) + 0.07 * exp(-30.0 * away * away));
  }
  return sum;
}`;

/** Colour: OKLab → linear light → the screen's code. */
const COLOUR = `
vec3 linear(vec3 lab) {
  vec3 cone = mat3(1.0, 1.0, 1.0, 0.3963377774, -0.1055613458, -0.0894841775,
    0.2158037573, -0.0638541728, -1.2914855480) * lab;
  return max(mat3(4.0767416621, -1.2684380046, -0.0041960863, -3.3077115913, 2.6097574011, -0.7034186147,
    0.2309699292, -0.3413193965, 1.7076147010) * (cone * cone * cone), 0.0);
}
/* A red so pure that its flash could harm is given as much white as takes it to coral: R : (R + G + B) stays below 0.8. */
vec3 guarded(vec3 rgb) {
  return rgb + vec3(0.0, 0.5, 0.5) * max(rgb.r / 0.79 - rgb.r - rgb.g - rgb.b, 0.0);
}
vec3 encoded(vec3 rgb) {
  return mix(12.92 * rgb, 1.055 * pow(max(rgb, 1e-5), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, rgb));
}`;

export const FRAGMENT = `#version 300 es
precision highp float;
uniform vec2 uSize;
uniform float uTime;
uniform float uLit;
uniform float uRest;
uniform sampler2D uRibbon;
uniform float uRanks[${RANKS}];
out vec4 colour;
float hash(vec2 p) {
  p = fract(p * vec2(123.34, 456.21));
  p += dot(p, p + 45.32);
  return fract(p.x * p.y);
}
${TERRITORY}${LIGHT}${COLOUR}
void main() {
  vec2 at = (gl_FragCoord.xy - 0.5 * uSize) / sqrt(uSize.x * uSize.y);
  vec2 p = bent(at, uTime);
  vec4 mood = texture(uRibbon, vec2(rankOf(territory(p, uTime)), 0.5));
  float light = mix(veils(at, p, uTime), uRest > 0.0 ? moonlight(at, p, uTime) : 0.0, uRest) * mood.w;
  vec3 lab = mood.xyz;
  /* Little yellow light looks like olive; a touch of amber keeps it golden. */
  lab.y += 0.32 * (1.0 - smoothstep(0.0, 0.6, light)) * max(lab.z, 0.0);
  vec3 rgb = guarded(linear(lab)) * light;
  rgb += guarded(linear(vec3(0.86, mood.yz))) * plankton(at, p, uTime) * (0.25 + light) * (1.0 - 0.5 * uRest);
  rgb = (rgb * uLit + vec3(0.0010, 0.0034, 0.0080)) * (1.0 - 0.36 * min(dot(at, at), 1.0));
  rgb = encoded(rgb / (1.0 + 0.18 * rgb));
  colour = vec4(rgb + (hash(gl_FragCoord.xy + fract(uTime)) - 0.5) / 255.0, 1.0);
}`;
