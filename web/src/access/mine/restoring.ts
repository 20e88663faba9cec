/**
 * An archive brought back: read, checked file by file against its manifest and line by line against what a moment is, and
 * only then laid beside what this phone has. What is here already is never replaced unless the person says so.
 */
import { strFromU8, unzipSync } from "fflate";

import { parsed } from "../../boundaries/mine/keeping";
import type { Boundary } from "../../boundaries/mine/policy";
import type { Entry, Journal } from "../../feelings/journal";
import { FORMAT, hashOf, VERSION, type Manifest } from "./archive";
import { entryOf, momentOf, RecordError } from "./records";

/** Bytes that an archive may unfold to: a lifetime of moments is far below. */
const MOST_BYTES = 64 * 1024 * 1024;

/** not-ours: no archive of this kind. newer: made by a later version. damaged: `where` is not as the manifest says. unreadable: `where` is no moment. */
export type Trouble = "not-ours" | "newer" | "damaged" | "unreadable";

/** The file cannot be taken, and nothing of it was. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  constructor(readonly trouble: Trouble, readonly where = "") {
    super(`${trouble} ${where}`);
  }
}

export interface Archive {
  madeAt: string;
  entries: Entry[];
  /** The boundary that the person had set; null where none was set. */
  boundary: Boundary | null;
  ownWords: string[];
}

/** What an archive would change here. */
export interface Comparison {
  fresh: Entry[];
  same: Entry[];
  /** Here already, and not alike. */
  differing: Entry[];
}

/** @throws ArchiveError */
export function read(bytes: Uint8Array): Archive {
  const files = unzipped(bytes);
  const manifest = manifestOf(files);
  for (const { path, sha256 } of manifest.files) {
    const content = files[path];
    if (content === undefined || hashOf(content) !== sha256) throw new ArchiveError("damaged", path);
  }
  const listed = new Set(manifest.files.map(({ path }) => path));
  const text = (path: string): string => (listed.has(path) ? strFromU8(files[path] ?? new Uint8Array()) : "");
  return {
    madeAt: manifest.made_at,
    entries: momentsOf(text("journal.jsonl")),
    boundary: boundaryOf(text("boundary.json")),
    ownWords: wordsOf(text("own-words.json")),
  };
}

export async function compare(journal: Journal, archive: Archive): Promise<Comparison> {
  const comparison: Comparison = { fresh: [], same: [], differing: [] };
  for (const entry of archive.entries) {
    const here = await journal.get(entry.key);
    const kind = here === undefined ? "fresh" : alike(here, entry) ? "same" : "differing";
    comparison[kind].push(entry);
  }
  return comparison;
}

/** Take what is new into the journal, and what differs where the person chose that. Returns how many were written. */
export async function restore(journal: Journal, { fresh, differing }: Comparison, replace: boolean): Promise<number> {
  const written = [...fresh, ...(replace ? differing : [])];
  for (const entry of written) await journal.write(entry);
  return written.length;
}

function unzipped(bytes: Uint8Array): Record<string, Uint8Array> {
  let size = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ originalSize }) => {
        size += originalSize;
        if (size > MOST_BYTES) throw new ArchiveError("not-ours");
        return true;
      },
    });
  } catch {
    throw new ArchiveError("not-ours");
  }
}

function manifestOf(files: Record<string, Uint8Array>): Manifest {
  const content = files["manifest.json"];
  if (content === undefined) throw new ArchiveError("not-ours");
  const manifest = jsonOf(strFromU8(content), "manifest.json") as Partial<Manifest> | null;
  if (manifest?.format !== FORMAT || typeof manifest.version !== "number" || !Array.isArray(manifest.files)) throw new ArchiveError("not-ours");
  if (manifest.version > VERSION) throw new ArchiveError("newer");
  if (typeof manifest.made_at !== "string" || Number.isNaN(Date.parse(manifest.made_at))) throw new ArchiveError("damaged", "manifest.json");
  return manifest as Manifest;
}

function momentsOf(text: string): Entry[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const where = `journal.jsonl, ${index + 1}`;
    try {
      return [entryOf(jsonOf(line, where))];
    } catch (error) {
      throw error instanceof RecordError ? new ArchiveError("unreadable", `${where}: ${error.field}`) : error;
    }
  });
}

function boundaryOf(text: string): Boundary | null {
  if (text === "") return null;
  const boundary = parsed(text);
  if (boundary === null) throw new ArchiveError("unreadable", "boundary.json");
  const { limits, rules, unsaid } = boundary;
  return (JSON.parse(text) as { chosen?: boolean }).chosen === true ? { limits, rules, unsaid } : null;
}

function wordsOf(text: string): string[] {
  const words = text === "" ? [] : jsonOf(text, "own-words.json");
  if (!Array.isArray(words) || !words.every((each) => typeof each === "string")) throw new ArchiveError("unreadable", "own-words.json");
  return words as string[];
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ArchiveError("unreadable", where);
  }
}

/** Whether two moments are the same, as they would stand in an archive that was read. */
function alike(one: Entry, other: Entry): boolean {
  return JSON.stringify(sorted(entryOf(momentOf(one)))) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, held]) => [name, sorted(held)]));
}
