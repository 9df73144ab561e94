import type { Texts } from "../text";

/** The names of states and triggers in the code. */
export type StateName = Capitalize<keyof Texts["state"]>;
export type TriggerName = Capitalize<keyof Texts["trigger"]>;

/** Returns the text key of a state or trigger. */
export function keyOf<T extends StateName | TriggerName>(name: T): Uncapitalize<T> {
  return (name.charAt(0).toLowerCase() + name.slice(1)) as Uncapitalize<T>;
}
