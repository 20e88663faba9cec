import { beforeEach, describe, expect, it } from "vitest";

import { useMessages, type Messages } from "../../ground/i18n";
import { said, told } from "./told";

const files = import.meta.glob<Messages>("../../locales/*/console.json", { eager: true, import: "default" });
const speak = (locale: "en" | "de"): void => useMessages(locale, files[`../../locales/${locale}/console.json`] ?? {});

describe("the log", () => {
  beforeEach(() => speak("de"));

  it("says what was done in the page's language", () => {
    expect(said("wall: Tide by hand, for 60 min")).toBe("Tide in wall von Hand, für 60 Minuten");
    expect(said("all: master at 40%")).toBe("Hauptregler auf 40\u00a0%");
    expect(said("stopped everything")).toBe("alles gestoppt");
  });

  it("says every part of an edit", () => {
    expect(said("changed scene tide; added wire stage; and 3 more")).toBe(
      "Szene tide geändert · Leitung stage hinzugefügt · und 3 weitere",
    );
  });

  it("shows what it does not know as it came", () => {
    expect(said("painted the moon")).toBe("painted the moon");
  });

  it("tells of somebody's moves of one fader only the last", () => {
    const at = (who: string, what: string): { at: string; who: string; what: string } => ({ at: "2026-11-25T12:00:00Z", who, what });
    const changes = [at("Ada", "all: master at 30%"), at("Ada", "all: master at 60%"), at("Eli", "all: master at 80%"), at("Ada", "stopped everything")];
    expect(told(changes).map((each) => each.what)).toEqual(["all: master at 30%", "all: master at 80%", "stopped everything"]);
  });
});
