/** What every page is given: the city's doors and its clock. Pages are mounted with `{ world, place }`. */
import type { Api } from "./api";
import type { CityClock } from "./clock";

export interface World {
  api: Api;
  clock: CityClock;
  /** Whether the city's clock has answered; until it does, `clock` is the machine's own. */
  online: boolean;
}
