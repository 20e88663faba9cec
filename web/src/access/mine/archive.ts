/**
 * Everything about a person in one ZIP, made on the phone: what the phone keeps, and what the city says that it still holds.
 * Each file is named in the manifest with its SHA-256, so that a reader can tell whether it is whole.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { strToU8, zipSync, type Zippable } from "fflate";

import type { Kept } from "../../boundaries/mine/keeping";
import type { Entry } from "../../feelings/journal";
import { receiptOf, type Consent } from "../../places/receipt27560";
import { checkInOf, momentOf, type CheckInRecord } from "./records";

export const FORMAT = "nexus-my-data";
export const VERSION = 1;

const schemas = import.meta.glob<string>("./schema/*.json", { query: "?raw", import: "default", eager: true });

/** What goes into the archive. */
export interface Parts {
  entries: readonly Entry[];
  boundary: Kept;
  consents: readonly Consent[];
  ownWords: readonly string[];
  /** What the city holds of this phone; null where it could not be asked, absent where it does not know the phone. */
  held: unknown;
  /** What this is, in plain words and in the person's language. */
  readme: string;
  language: string;
  /** Unix ms. */
  now: number;
  newId: () => string;
}

export interface ListedFile {
  path: string;
  bytes: number;
  sha256: string;
  /** Path of the JSON Schema of the file, or of each of its lines. */
  schema?: string;
}

export interface Manifest {
  format: string;
  version: number;
  made_at: string;
  language: string;
  /** Whether the city could be asked what it holds. */
  city_asked: boolean;
  files: ListedFile[];
}

type Files = Record<string, Uint8Array>;

/** The bytes of the archive. */
export function archive(parts: Parts): Uint8Array<ArrayBuffer> {
  return packed(FORMAT, filesOf(parts), parts, parts.held !== null);
}

/** The same of an account of those who tend the city: what the city keeps of it, as it was handed out. */
export function accountArchive({ account, acts }: { account: unknown; acts: readonly unknown[] }, readme: string, made: Made): Uint8Array<ArrayBuffer> {
  return packed("nexus-my-account", { "README.txt": strToU8(readme), "account.json": json(account), "acts.jsonl": lines(acts) }, made, true);
}

/** When an archive is made, and in which language: Unix ms. */
type Made = Pick<Parts, "now" | "language">;

function packed(format: string, files: Files, { now, language }: Made, cityAsked: boolean): Uint8Array<ArrayBuffer> {
  const manifest: Manifest = {
    format,
    version: VERSION,
    made_at: new Date(now).toISOString(),
    language,
    city_asked: cityAsked,
    files: Object.entries(files).map(([path, content]) => listed(path, content)),
  };
  const zip: Zippable = { "manifest.json": json(manifest), ...files };
  return zipSync(zip, { mtime: now });
}

function filesOf({ entries, boundary, consents, ownWords, held, readme, now, newId }: Parts): Files {
  const checkIns = entries.map(checkInOf).filter((each) => each !== null);
  return {
    "README.txt": strToU8(readme),
    "journal.jsonl": lines(entries.map(momentOf)),
    "check-ins.jsonl": lines(checkIns),
    "check-ins.csv": strToU8(csv(checkIns)),
    "boundary.json": json({ chosen: boundary.chosen, ...boundary.boundary }),
    "own-words.json": json(ownWords),
    ...Object.fromEntries(consents.map((each) => [`consents/${each.place}.jsonld`, json(receiptOf(each, now, newId))])),
    ...(held === null || held === undefined ? {} : { "city.json": json(held) }),
    ...Object.fromEntries(Object.entries(schemas).map(([path, text]) => [path.replace("./", ""), strToU8(text)])),
  };
}

function listed(path: string, content: Uint8Array): ListedFile {
  const schema = `schema/${path.replace(/\..*$/, "")}.json`;
  return {
    path,
    bytes: content.length,
    sha256: hashOf(content),
    ...(path.includes("/") || path.endsWith(".csv") || !(`./${schema}` in schemas) ? {} : { schema }),
  };
}

export function hashOf(content: Uint8Array): string {
  return bytesToHex(sha256(content));
}

const COLUMNS = [
  "key", "at", "place", "place_name", "state", "reason", "audience", "cell", "words", "research", "charter", "speaker",
  "window_start", "window_end", "speaks_at", "epsilon",
] as const satisfies readonly (keyof CheckInRecord)[];

/** Comma-separated values after RFC 4180; words are parted by semicolons. */
export function csv(records: readonly CheckInRecord[]): string {
  const rows = records.map((each) => COLUMNS.map((column) => cell(each[column])).join(","));
  return [COLUMNS.join(","), ...rows].map((row) => `${row}\r\n`).join("");
}

function cell(value: CheckInRecord[keyof CheckInRecord]): string {
  const told = value === null ? "" : Array.isArray(value) ? value.join(";") : String(value);
  return /[",\r\n]/.test(told) ? `"${told.replaceAll('"', '""')}"` : told;
}

function lines(records: readonly unknown[]): Uint8Array {
  return strToU8(records.map((each) => `${JSON.stringify(each)}\n`).join(""));
}

function json(value: unknown): Uint8Array {
  return strToU8(`${JSON.stringify(value, null, 2)}\n`);
}
