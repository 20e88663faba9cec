import { expect, test } from "vitest";

import { ownWord, plain, search } from "./words";

function word(name: string, definition = ""): { id: string; word: string; definition: string; valence: number; arousal: number } {
  return { id: name, word: name, definition, valence: 0, arousal: 0 };
}

const WORDS = [word("überrascht"), word("rastlos", "Du findest keine Ruhe."), word("ruhig"), word("unruhig"), word("gelassen", "Ruhig, auch wenn es stürmt.")];
const found = (typed: string): string[] => search(WORDS, typed).map((each) => each.word);

test("words are found without accents and case", () => {
  expect(found("UBER")).toEqual(["überrascht"]);
});

test("words that begin with what was typed come first, then those that hold it, then those that mean it", () => {
  expect(found("ruhi")).toEqual(["ruhig", "unruhig", "gelassen"]);
  expect(found("ruhe")).toEqual(["rastlos"]);
});

test("an empty search lists all words by the alphabet, and nonsense finds none", () => {
  expect(found(" ")).toEqual(["gelassen", "rastlos", "ruhig", "überrascht", "unruhig"]);
  expect(found("xyz")).toEqual([]);
});

test("a word of one's own is tidied, and blanks are no word", () => {
  expect(ownWord("  halb \n wach ")).toBe("halb wach");
  expect(ownWord("   ")).toBeNull();
  expect(ownWord("a".repeat(99))).toHaveLength(40);
});

test("plain letters are the same for both ways of writing an accent", () => {
  expect(plain("e\u0301")).toBe(plain("é"));
});
