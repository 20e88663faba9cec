/** The views of the console, by the fragment of its address: a link is a link, and the way back works. */

export const VIEWS = ["live", "scenes", "patch", "log"] as const;
export type View = (typeof VIEWS)[number];

export function viewOf(hash: string): View {
  return VIEWS.find((each) => `#${each}` === hash) ?? "live";
}
