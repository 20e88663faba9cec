/**
 * One key, one act, for hands that know the console in the dark. Stopping and releasing lie on different keys, so that a
 * nervous second press does not undo a stop. Single keys can be switched off (WCAG 2.1.4) and never reach a field.
 */

export type Act =
  | { do: "stop" | "release" | "undo" | "redo" | "help" | "next" | "previous" | "give-back" | "cut" | "grand" }
  | { do: "scene"; number: number };

/** The part of a keyboard event that decides. */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const SINGLE: Record<string, Act["do"]> = {
  b: "stop", n: "next", p: "previous", g: "give-back", c: "cut", m: "grand", "?": "help",
};

/** What the dialog lists, in its order: the keys, and the message that explains them. */
export const LISTED: readonly [keys: string, what: string][] = [
  ["B", "stop"], ["Shift + B", "release"], ["N · P", "zones"], ["1 … 9", "scene"], ["G", "give-back"], ["C", "cut"],
  ["M", "grand"], ["Ctrl + Z", "undo"], ["Ctrl + Shift + Z", "redo"], ["?", "help"], ["Esc", "close"],
];

/** The act of a key press, or null. `typing`: the press goes to a field; `singles`: single keys are on. */
export function actOf(press: Press, typing: boolean, singles: boolean): Act | null {
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) {
    if (typing || press.key.toLowerCase() !== "z") return null;
    return { do: press.shiftKey ? "redo" : "undo" };
  }
  if (typing || !singles) return null;
  if (/^[1-9]$/.test(press.key)) return { do: "scene", number: Number(press.key) };
  if (press.key === "B" && press.shiftKey) return { do: "release" };
  const act = SINGLE[press.key.toLowerCase()];
  return act === undefined ? null : ({ do: act } as Act);
}

/** Whether a press there writes into a field. A slider takes arrows alone, so it keeps no letters. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["range", "checkbox", "radio", "button", "file"].includes(target.type);
  return target.matches("textarea, select, [contenteditable]");
}
