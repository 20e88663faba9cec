/** The values of a row in the page's language. */
import { listed, number, t } from "../../ground/i18n";
import type { Place } from "../../ground/types";
import type { Field, Option, Row } from "./fields";
import type { Cue, House } from "./house";

/** The options of a field, each with its words. */
export function optionsOf(field: Field, house: House, places: readonly Place[]): Option[] {
  const found = field.options?.(house, places) ?? [];
  return found.map((each) => (typeof each === "string" ? [each, field.words?.(each) ?? each] : each));
}

/** What a cell of the table says; a dash where the field means nothing for this row. */
export function cell(field: Field, row: Row, house: House, places: readonly Place[]): string {
  if (field.when && !field.when(row, house)) return "–";
  const value = row[field.key];
  const named = (id: unknown): string => optionsOf(field, house, places).find(([each]) => each === id)?.[1] ?? String(id);
  switch (field.shape) {
    case "percent":
      return number(Number(value), { style: "percent" });
    case "choice":
      return named(value);
    case "many":
      return every(field, value as string[], house, places) ?? listed((value as string[]).map(named));
    case "point":
      return (value as number[]).map((part) => number(part, { style: "percent" })).join(" · ");
    case "cues":
      return (value as Cue[]).map((cue) => house.scenes.find((scene) => scene.id === cue.scene)?.name ?? cue.scene).join(" → ");
    case "check":
      return t(value ? "cell.yes" : "cell.no");
    case "number":
      return number(Number(value));
    default:
      return String(value ?? "") || "–";
  }
}

function every(field: Field, value: readonly string[], house: House, places: readonly Place[]): string | null {
  return value.length > 2 && value.length === optionsOf(field, house, places).length ? t(`cell.all.${field.key}`) : null;
}

/** What a row is called in sentences. */
export function titleOf(row: Row, house: House): string {
  if (typeof row["name"] === "string" && row["name"] !== "" && !("lamp" in row)) return row["name"];
  if ("show" in row) {
    const shown = [...house.scenes, ...house.sequences].find((each) => each.id === row["show"]);
    return `${shown?.name ?? String(row["show"])}, ${String(row["from"])}–${String(row["to"])}`;
  }
  return row.id;
}
