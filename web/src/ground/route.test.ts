import { describe, expect, it } from "vitest";

import { route } from "./route";

describe("an address", () => {
  it("names the city", () => {
    expect(route("/")).toEqual({ page: "city" });
  });

  it("names where one tells a place how one feels, with and without the verb", () => {
    expect(route("/p/valen-square/feel")).toEqual({ page: "feel", place: "valen-square" });
    expect(route("/p/valen-square")).toEqual({ page: "feel", place: "valen-square" });
  });

  it("names the boundary that a person sets", () => {
    expect(route("/me/boundaries")).toEqual({ page: "boundary" });
  });

  it("names the pages of a place", () => {
    expect(route("/wall/hall")).toEqual({ page: "wall", place: "hall" });
    expect(route("/why/hall")).toEqual({ page: "why", place: "hall" });
    expect(route("/privacy/hall")).toEqual({ page: "privacy", place: "hall" });
    expect(route("/p/hall/charter")).toEqual({ page: "charter", place: "hall" });
  });

  it("names the pages of the city and of the person", () => {
    expect(route("/privacy")).toEqual({ page: "privacy", place: null });
    expect(route("/me")).toEqual({ page: "journal" });
    expect(route("/sign-in")).toEqual({ page: "sign-in" });
    expect(route("/console")).toEqual({ page: "console" });
  });

  it("may end in a slash", () => {
    expect(route("/wall/hall/")).toEqual({ page: "wall", place: "hall" });
    expect(route("/me//")).toEqual({ page: "journal" });
  });

  it("that names nothing is open water", () => {
    const places = ["/wall", "/wall/", "/p/", "/p/Valen/feel", "/p/-x/feel", `/p/${"a".repeat(41)}/feel`, "/wall/a/b", "/x"];
    for (const path of places) expect(route(path)).toEqual({ page: "lost" });
  });

  it("takes a place's name of 40 letters", () => {
    const place = "a".repeat(40);
    expect(route(`/p/${place}/feel`)).toEqual({ page: "feel", place });
  });
});
