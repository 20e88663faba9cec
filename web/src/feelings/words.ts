/** Finding words: by the place on the plane, by their letters, or one's own that stay on this phone. */
import { remember, remembered } from "../ground/remember";
import type { Word } from "../ground/types";

export const MOST = 3;
const OWN_LENGTH = 40;

/** Letters as people type them in a hurry: without case and accents. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase().trim();
}

/** Words whose name, then whose definition, holds what was typed; those that begin with it first. */
export function search(words: readonly Word[], typed: string): Word[] {
  const wanted = plain(typed);
  if (wanted === "") return [...words].sort((a, b) => a.word.localeCompare(b.word));
  const rank = (word: Word): number => {
    const name = plain(word.word);
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return plain(word.definition).includes(wanted) ? 2 : 3;
  };
  return words
    .map((word) => ({ word, rank: rank(word) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.word.word.localeCompare(b.word.word))
    .map(({ word }) => word);
}

/** A word of one's own, tidied; null when nothing is left of it. */
export function ownWord(typed: string): string | null {
  const tidy = typed.replace(/\s+/g, " ").trim().slice(0, OWN_LENGTH);
  return tidy === "" ? null : tidy;
}

export function ownWords(): string[] {
  try {
    const kept: unknown = JSON.parse(remembered("own-words") ?? "[]");
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === "string") : [];
  } catch {
    return [];
  }
}

/** Remember a word of one's own, the latest first. */
export function keepOwnWord(word: string): string[] {
  const kept = [word, ...ownWords().filter((each) => plain(each) !== plain(word))].slice(0, 50);
  remember("own-words", JSON.stringify(kept));
  return kept;
}
