import { describe, expect, it } from "vitest";

import { OfflineError, ProblemError, type Fetch } from "../../ground/api";
import { ConsoleDoors } from "./doors";

/** A city that answers what it is told to, and keeps what it was asked. */
function city(answer: () => Response): { doors: ConsoleDoors; asked: { path: string; method: string; body: unknown }[] } {
  const asked: { path: string; method: string; body: unknown }[] = [];
  const fetch: Fetch = (path, init) => {
    asked.push({ path, method: init?.method ?? "GET", body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined });
    return Promise.resolve(answer());
  };
  return { doors: new ConsoleDoors(fetch), asked };
}

describe("the console's doors", () => {
  it("take, give back, dim and cut where they are told to", async () => {
    const { doors, asked } = city(() => Response.json({}));
    await doors.take("wall", "tide", 15);
    await doors.giveBack("wall");
    await doors.master("", 0.5);
    await doors.master("wall", 0.25);
    await doors.cut(["wall"]);
    await doors.stop();
    expect(asked).toEqual([
      { path: "/v1/console/zones/wall/hand", method: "PUT", body: { scene: "tide", minutes: 15 } },
      { path: "/v1/console/zones/wall/hand", method: "DELETE", body: undefined },
      { path: "/v1/console/masters", method: "PUT", body: { level: 0.5 } },
      { path: "/v1/console/masters", method: "PUT", body: { level: 0.25, zone: "wall" } },
      { path: "/v1/console/cut", method: "POST", body: { zones: ["wall"] } },
      { path: "/v1/console/stop", method: "POST", body: undefined },
    ]);
  });

  it("say a refusal in the server's words, and an outage as one", async () => {
    const { doors } = city(() => Response.json({ type: "x/bad-input", title: "Bad", detail: "No.", remedy: "Yes.", field: "channel" }, { status: 422 }));
    await expect(doors.undo()).rejects.toMatchObject({ problem: { field: "channel", remedy: "Yes.", status: 422 } });
    await expect(doors.undo()).rejects.toBeInstanceOf(ProblemError);
    const dark = new ConsoleDoors(() => Promise.reject(new TypeError("no network")));
    await expect(dark.stop()).rejects.toBeInstanceOf(OfflineError);
  });
});
