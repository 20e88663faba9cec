/** What the console for troubleshooting says: every key has its message in every language, and none is another page's. */
import { expect, test } from "vitest";

import type { Messages } from "../../ground/i18n";
import { checkMessages } from "../../ground/messages.checks";
import { STEPS } from "./playbook";

const files = import.meta.glob<Messages>("../../locales/*/*.json", { import: "default", eager: true });
const sources = import.meta.glob<string>(["./*.svelte", "./*.ts", "!./*.test.ts"], { query: "?raw", import: "default", eager: true });
const server = import.meta.glob<string>(["../../../../src/nexus_city/vitals/causes.py", "../../../../src/nexus_city/vitals/watch/bank.py"], { query: "?raw", import: "default", eager: true });
const of = (locale: string, room = "tending"): Messages => files[`../../locales/${locale}/${room}.json`] ?? {};

/** The names in a `Literal` of the server's tables of causes and charts. */
function literal(name: string): string[] {
  const found = new RegExp(`^${name} = Literal\\[([^\\]]+)\\]`, "m").exec(Object.values(server).join("\n"))?.[1] ?? "";
  return [...found.matchAll(/"([a-z-]+)"/g)].map(([, each = ""]) => each);
}

const CAUSES = [...literal("Cause"), "unknown"];
const MIRRORS = ["in-step", "behind", "wrong", "silent", "unheard"];
const DIMENSIONS = ["displays", "wires", "late", "window", "grid", "charter", "audiences", "presence", "setting", "policy", "live"];
const VALUES: Record<string, readonly string[]> = {
  wires: ["none", "sending", "waiting", "failed"], window: ["none"], grid: ["none"], late: ["none"],
  presence: ["open", "required"], setting: ["public", "work", "school", "care"], policy: ["echo", "complement", "rest"],
  live: ["no", "continual", "decaying"], audiences: ["place", "district", "city"],
};
/** What may stand in the holes of keys that the code puts together. */
const HOLES: Record<string, readonly string[]> = {
  "mirror.*": MIRRORS, "dimension.*": DIMENSIONS, "sign.*": literal("Sign"), "operators.*": CAUSES, "communities.*": CAUSES,
  "name.*": CAUSES, "playbook.kind.*": Object.keys(STEPS), "do.*": [...new Set(Object.values(STEPS).flat())],
  "step.*": ["place", "mended", "began", "ended"], "value.*": ["grid", "charter", "late"], "role.*": [], "chart.*": literal("Chart"),
  "value.wires.*": VALUES.wires ?? [], "value.audiences.*": VALUES.audiences ?? [], "value.*.none": ["wires", "window", "grid", "late"],
  "value.*.*": Object.entries(VALUES).flatMap(([name, values]) => values.map((value) => `${name}.${value}`)),
};

/** Every key of this room in the code, holes filled. */
function used(): Set<string> {
  const keys = new Set<string>();
  for (const source of Object.values(sources)) {
    for (const [, key = ""] of source.matchAll(/"([a-z]+(?:\.[a-z-]+)+)"/g)) if (key in of("en")) keys.add(key);
    for (const [, holed = ""] of source.matchAll(/(?<![\w.])(?:t|has)\([^`)]*`([^`]+)`/g)) {
      const pattern = holed.replace(/\$\{[^}]*\}/g, "*");
      expect(HOLES[pattern], `nobody says what may stand in ${pattern}`).toBeDefined();
      for (const part of HOLES[pattern] ?? []) keys.add(pattern === "value.*.*" ? `value.${part}` : pattern.replace("*", part));
    }
  }
  return keys;
}

checkMessages(of, used);

test("every cause and every sign that the server may name has its words", () => {
  expect(CAUSES.length).toBeGreaterThan(5);
  expect(literal("Sign").length).toBeGreaterThan(10);
});

test("no key is one of the rooms whose words the page speaks beside its own", () => {
  for (const room of ["ground", "vitals", "climate", "access"]) {
    expect(Object.keys(of("en", room)).filter((key) => key in of("en"))).toEqual([]);
  }
});
