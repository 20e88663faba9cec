import { strFromU8, unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";

import { AS_I_AM, limited } from "../../boundaries/mine/keeping";
import { receiptOf } from "../../feelings/fakes";
import { Journal, type Entry } from "../../feelings/journal";
import { memoryShelf } from "../../ground/phone";
import { archive, csv, hashOf, type Manifest, type Parts } from "./archive";
import { checkInOf, entryOf, momentOf } from "./records";
import { ArchiveError, compare, read, restore } from "./restoring";

const KEY = "AAAAAAAAAAAAAAAAAAAAAA";
const OTHER = "BBBBBBBBBBBBBBBBBBBBBB";
const SET = limited("cell", "quadrant", "nothing");

function entry(key = KEY, change: Partial<Entry> = {}): Entry {
  return {
    key, at: 1_795_510_800_123, place: "square", placeName: 'The "Square"', point: { valence: 0.123456, arousal: -0.5 }, words: ["calm"],
    wordLabels: ["ruhig"], ownWords: ["halbwach"], note: "Regen,\nund Licht", reach: "city", resolution: "cell", said: ["calm"], research: false,
    state: "given", receipt: receiptOf("square", key, { cell: 1, audience: "city", words: ["calm"] }), ...change,
  };
}

function parts(change: Partial<Parts> = {}): Parts {
  return {
    entries: [entry(), entry(OTHER, { state: "private", reach: "me" })], boundary: { boundary: SET, chosen: true }, consents: [], ownWords: ["halbwach"],
    held: { check_ins: { check_ins: [], deleted_by: "2026-11-25T04:00:00Z" }, opted_out: false, proposals: [] },
    readme: "Alles über dich", language: "de", now: 1_795_510_900_000, newId: () => "id", ...change,
  };
}

function unpacked(bytes: Uint8Array): { manifest: Manifest; text: Record<string, string>; files: Record<string, Uint8Array> } {
  const files = unzipSync(bytes);
  const text = Object.fromEntries(Object.entries(files).map(([path, content]) => [path, strFromU8(content)]));
  return { manifest: JSON.parse(text["manifest.json"] ?? "") as Manifest, text, files };
}

/** The same archive with one file changed. */
function changed(path: string, make: (text: string) => string, bytes: Uint8Array = archive(parts())): Uint8Array {
  const { files } = unpacked(bytes);
  return zipSync({ ...files, [path]: new TextEncoder().encode(make(strFromU8(files[path]!))) });
}

/** With one file changed, and listed as it is now. */
function rewritten(path: string, make: (text: string) => string): Uint8Array {
  const bytes = changed(path, make);
  const { files } = unpacked(bytes);
  return changed("manifest.json", (text) => {
    const manifest = JSON.parse(text) as Manifest;
    for (const file of manifest.files) if (file.path === path) file.sha256 = hashOf(files[path]!);
    return JSON.stringify(manifest);
  }, bytes);
}

function troubleOf(bytes: Uint8Array<ArrayBufferLike>): [string, string] {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof ArchiveError) return [error.trouble, error.where];
    throw error;
  }
  return ["none", ""];
}

describe("an archive", () => {
  test("names every file with its size and its hash, itself apart", () => {
    const { manifest, files } = unpacked(archive(parts()));
    expect(manifest).toMatchObject({ format: "nexus-my-data", version: 1, made_at: "2026-11-24T09:01:40.000Z", language: "de", city_asked: true });
    const listed = manifest.files.map(({ path }) => path);
    expect([...listed, "manifest.json"].sort()).toEqual(Object.keys(files).sort());
    for (const { path, bytes, sha256 } of manifest.files) expect([bytes, sha256]).toEqual([files[path]?.length, hashOf(files[path]!)]);
    expect(listed).toEqual(expect.arrayContaining(["README.txt", "journal.jsonl", "check-ins.jsonl", "check-ins.csv", "boundary.json", "city.json", "schema/journal.json"]));
  });

  test("names the schema of each file that has one, and carries it along", () => {
    const { manifest, files } = unpacked(archive(parts()));
    const schemas = Object.fromEntries(manifest.files.filter(({ schema }) => schema).map(({ path, schema }) => [path, schema]));
    expect(Object.keys(schemas).sort()).toEqual(["boundary.json", "check-ins.jsonl", "city.json", "journal.jsonl", "own-words.json"]);
    for (const schema of Object.values(schemas)) expect(files[schema ?? ""]).toBeDefined();
  });

  test("holds what left the phone apart from what did not", () => {
    const { text } = unpacked(archive(parts()));
    expect(text["journal.jsonl"]?.trim().split("\n")).toHaveLength(2);
    expect(text["check-ins.jsonl"]?.trim().split("\n").map((line) => (JSON.parse(line) as { key: string }).key)).toEqual([KEY]);
    expect(text["check-ins.jsonl"]).not.toContain("Regen");
    expect(text["check-ins.csv"]).not.toContain("0.123456");
  });

  test("says when the city could not be asked, and when it does not know the phone", () => {
    const [unreached, unknown] = [null, undefined].map((held) => unpacked(archive(parts({ held }))));
    expect([unreached?.manifest.city_asked, unknown?.manifest.city_asked]).toEqual([false, true]);
    for (const each of [unreached, unknown]) expect(each?.text["city.json"]).toBeUndefined();
  });

  test("quotes what a table would trip over", () => {
    const record = checkInOf(entry());
    expect(csv(record ? [record] : [])).toContain(`${KEY},2026-11-24T09:00:00.123Z,square,"The ""Square""",counted,,city,1,calm,false,`);
  });
});

describe("bringing it back", () => {
  test("gives every moment as it was", () => {
    const { entries, boundary, ownWords, madeAt } = read(archive(parts()));
    expect(entries).toEqual(parts().entries);
    expect([boundary, ownWords, madeAt]).toEqual([SET, ["halbwach"], "2026-11-24T09:01:40.000Z"]);
  });

  test("gives no boundary where none was set", () => {
    expect(read(archive(parts({ boundary: { boundary: AS_I_AM, chosen: false } }))).boundary).toBeNull();
  });

  test("sends nothing that waited on the old phone", () => {
    expect(entryOf(momentOf(entry(KEY, { state: "waiting" })))).toMatchObject({ state: "private", reach: "me" });
  });

  test("replaces nothing that is here unless the person says so", async () => {
    const journal = new Journal(memoryShelf<Entry>());
    await journal.write(entry(KEY, { note: "anders" }));
    const comparison = await compare(journal, read(archive(parts())));
    expect([comparison.fresh, comparison.same, comparison.differing].map((each) => each.map(({ key }) => key))).toEqual([[OTHER], [], [KEY]]);
    expect(await restore(journal, comparison, false)).toBe(1);
    expect((await journal.get(KEY))?.note).toBe("anders");
    expect(await restore(journal, comparison, true)).toBe(2);
    expect((await journal.get(KEY))?.note).toBe("Regen,\nund Licht");
    const again = await compare(journal, read(archive(parts())));
    expect([again.fresh.length, again.same.length, again.differing.length]).toEqual([0, 2, 0]);
  });

  test("refuses what was not made here, and what was changed since", () => {
    expect(troubleOf(new Uint8Array([1, 2, 3]))).toEqual(["not-ours", ""]);
    expect(troubleOf(zipSync({ "letter.txt": new Uint8Array(3) }))).toEqual(["not-ours", ""]);
    expect(troubleOf(changed("manifest.json", (text) => text.replace('"version": 1', '"version": 2')))).toEqual(["newer", ""]);
    expect(troubleOf(changed("journal.jsonl", (text) => text.replace("Regen", "Sonne")))).toEqual(["damaged", "journal.jsonl"]);
  });

  test.each([
    ["valence", '"valence":0.123456', '"valence":7'],
    ["arousal", '"arousal":-0.5', '"arousal":"calm"'],
    ["at", "2026-11-24T09:00:00.123Z", "yesterday"],
    ["key", KEY, "<b>"],
    ["place", '"place":"square"', '"place":"../up"'],
    ["state", '"state":"given"', '"state":"counted"'],
    ["words", '"words":["calm"]', '"words":"calm"'],
    ["cell", '"cell":1', '"cell":64'],
  ])("names the field %s that cannot be used, and takes nothing", (field, from, to) => {
    expect(troubleOf(rewritten("journal.jsonl", (text) => text.replace(from, to)))).toEqual(["unreadable", `journal.jsonl, 1: ${field}`]);
  });

  test("refuses a boundary that cannot be read: too strict is better than too open", () => {
    expect(troubleOf(rewritten("boundary.json", (text) => text.replace("quadrant", "everything")))).toEqual(["unreadable", "boundary.json"]);
  });

  test("does not unfold more than a life could hold", () => {
    const bytes = archive(parts({ entries: [] }));
    const entry = bytes.findIndex((_, at) => strFromU8(bytes.slice(at, at + 4), true) === "PK\u0001\u0002"); // the first of the directory
    new DataView(bytes.buffer).setUint32(entry + 24, 65 * 1024 * 1024, true); // its size when unfolded
    expect(troubleOf(bytes)).toEqual(["not-ours", ""]);
  });
});
