/** The composition root of the pages: address → page, with the language, the clock and the city's doors. */
import "./ground/theme.css";

import { mount, type Component } from "svelte";

import { Api } from "./ground/api";
import { CityClock } from "./ground/clock";
import { chooseLocale, loadLocale, locale, type Room } from "./ground/i18n";
import { phoneTokens, someShelf } from "./ground/phone";
import { remembered } from "./ground/remember";
import { route, type Route } from "./ground/route";
import type { World } from "./ground/world";

/** A page waits this long for the city's clock before it opens with the machine's own, ms. */
const PATIENCE_MS = 1_200;

type Page = Component<{ world: World; place: string }>;
type Module = { default: unknown };

/** Each page, and the rooms whose words it speaks beside those of `ground`. */
const pages: Record<Route["page"], [Room, () => Promise<Module>, ...Room[]]> = {
  city: ["climate", () => import("./climate/City.svelte")],
  feel: ["feelings", () => import("./feelings/CheckIn.svelte"), "places"],
  wall: ["environment", () => import("./environment/Wall.svelte")],
  why: ["environment", () => import("./environment/Why.svelte")],
  charter: ["places", () => import("./places/Charter.svelte")],
  privacy: ["boundaries", () => import("./boundaries/Privacy.svelte")],
  journal: ["feelings", () => import("./feelings/Journal.svelte"), "places"],
  boundary: ["mine", () => import("./boundaries/mine/Mine.svelte")],
  data: ["data", () => import("./access/mine/MyData.svelte")],
  "sign-in": ["access", () => import("./access/SignIn.svelte")],
  account: ["access", () => import("./access/Account.svelte")],
  people: ["access", () => import("./access/People.svelte")],
  acts: ["access", () => import("./access/Acts.svelte")],
  console: ["console", () => import("./environment/console/Console.svelte")],
  vitals: ["vitals", () => import("./vitals/Status.svelte")],
  tending: ["tending", () => import("./vitals/tending/Tending.svelte"), "vitals", "climate", "access"],
  lost: ["ground", () => import("./ground/Lost.svelte")],
};

async function start(): Promise<void> {
  const target = document.getElementById("app");
  if (target === null) return;
  const here = route(location.pathname);
  const asked = new URLSearchParams(location.search).get("lang");
  const world: World = {
    api: new Api((input, init) => fetch(input, init), phoneTokens(someShelf<string>("keep"))),
    clock: new CityClock({ now: new Date().toISOString(), rate: 1 }),
    online: false,
  };
  const [room, load, ...more] = pages[here.page];
  const [page] = await Promise.all([
    load(),
    loadLocale(chooseLocale([asked, remembered("language"), ...navigator.languages]), ["ground", room, ...more]),
    readClock(world),
  ]);
  document.documentElement.lang = locale();
  mount(page.default as Page, { target, props: { world, place: "place" in here ? (here.place ?? "") : "" } });
  if (import.meta.env.PROD) void navigator.serviceWorker?.register("/sw.js");
}

async function readClock(world: World): Promise<void> {
  const asked = world.api.clock().then(
    (face) => {
      world.clock.set(face);
      world.online = true;
    },
    () => undefined, // offline: the machine's clock stands in, and the page says what it does not know
  );
  await Promise.race([asked, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
}

void start();
