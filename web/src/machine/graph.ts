import layout from "./layout.json";
import type { StateName, TriggerName } from "./names";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Guard = "listed" | "not listed";

export interface Arrow {
  readonly from: StateName;
  readonly to: StateName;
  readonly triggers: readonly TriggerName[];
  /** Set if the arrow is for connections in the page list only, or for the others only. */
  readonly guard?: Guard;
  readonly points: readonly Point[];
  readonly label: Point;
}

export interface Graph {
  readonly width: number;
  readonly height: number;
  readonly states: readonly (Point & { readonly name: StateName; readonly width: number; readonly height: number })[];
  readonly arrows: readonly Arrow[];
}

// layout.json is generated from machine.json by a test of the console; machine.json is generated from the state machine by a test of the server.
export const graph = layout as unknown as Graph;

/** Returns an SVG path: a smooth line through the points. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const parts = [`M${first.x} ${first.y}`];
  for (let i = 0; i < rest.length - 1; i++) {
    const corner = rest[i]!;
    const next = rest[i + 1]!;
    const isLast = i === rest.length - 2;
    const end = isLast ? next : { x: round((corner.x + next.x) / 2), y: round((corner.y + next.y) / 2) };
    parts.push(`Q${corner.x} ${corner.y} ${end.x} ${end.y}`);
  }

  if (rest.length === 1) parts.push(`L${rest[0]!.x} ${rest[0]!.y}`);
  return parts.join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
