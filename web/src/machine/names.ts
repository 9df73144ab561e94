import type { Texts } from "../text";

/** The names that the code gives to states and triggers, and what they are called on screen. */
export type StateName = Capitalize<keyof Texts["state"]>;
export type TriggerName = Capitalize<keyof Texts["trigger"]>;

/** The key of a state's or trigger's words. */
export function keyOf<T extends StateName | TriggerName>(name: T): Uncapitalize<T> {
  return (name.charAt(0).toLowerCase() + name.slice(1)) as Uncapitalize<T>;
}
