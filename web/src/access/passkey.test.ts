import { describe, expect, test } from "vitest";

import { bytes, text } from "./passkey";

describe("base64url", () => {
  test("of every length comes back, without padding and with the alphabet of addresses", () => {
    for (let length = 0; length < 70; length += 1) {
      const raw = Uint8Array.from({ length }, (_, index) => (index * 37 + 251) & 255);
      const encoded = text(raw.buffer);
      expect(encoded).toMatch(/^[A-Za-z0-9_-]*$/);
      expect([...bytes(encoded)]).toEqual([...raw]);
    }
  });

  test("is that of RFC 4648", () => {
    expect(text(Uint8Array.of(0xfb, 0xff, 0xfe).buffer)).toBe("-__-");
    expect([...bytes("-__-")]).toEqual([0xfb, 0xff, 0xfe]);
  });
});
