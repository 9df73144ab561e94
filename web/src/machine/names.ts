import type { Texts } from "../text";
import type { Arrow } from "./graph";

/** The names of states and triggers in the code. */
export type StateName = Capitalize<keyof Texts["state"]>;
export type TriggerName = Capitalize<keyof Texts["trigger"]>;

/** Returns the lines of an arrow's label: its triggers, and the guard. */
export function labelLines({ triggers, guard }: Pick<Arrow, "triggers" | "guard">, text: Texts): readonly string[] {
  const lines = triggers.map((trigger) => text.trigger[keyOf(trigger)]);
  return guard ? [...lines, guard === "listed" ? text.machine.listed : text.machine.notListed] : lines;
}

/** Returns the text key of a state or trigger. */
export function keyOf<T extends StateName | TriggerName>(name: T): Uncapitalize<T> {
  return (name.charAt(0).toLowerCase() + name.slice(1)) as Uncapitalize<T>;
}
