import * as dagre from "@dagrejs/dagre";
import type { Arrow, Graph, Point } from "../src/machine/graph";
import { keyOf } from "../src/machine/names";
import { en } from "../src/text/en";
import { vi } from "../src/text/vi";
import machine from "../src/machine/machine.json";

type Names = Pick<Arrow, "from" | "to" | "triggers">;

const node = { width: 172, height: 46 };
const beginning = { width: 18, height: 18 };
const letter = 7.2;
const line = 17;

/** Where the states and the arrows of the machine go. Made once, so that the console need not carry what makes it. */
export function layOut(): Graph {
  const graph = new dagre.graphlib.Graph({ directed: true });
  graph.setGraph({ rankdir: "TB", nodesep: 30, edgesep: 16, ranksep: 40 });
  for (const name of machine.states) graph.setNode(name, name === "None" ? { ...beginning } : { ...node });
  for (const arrow of machine.arrows) graph.setEdge(arrow.from, arrow.to, labelOf(arrow as Names));
  dagre.layout(graph);

  const size = graph.graph();
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    states: machine.states.map((name) => ({ name, ...rounded(graph.node(name)), ...sizeOf(name) })),
    arrows: machine.arrows.map((arrow) => {
      const edge = graph.edge(arrow.from, arrow.to);
      if (arrow.from === arrow.to) return { ...arrow, ...loopAt(graph.node(arrow.from)) };
      return { ...arrow, points: edge.points.map(rounded), label: rounded(edge as Point) };
    }),
  } as Graph;
}

function sizeOf(name: string) {
  return name === "None" ? beginning : node;
}

// A re-entry leaves and enters on the right; its label stands above.
function loopAt({ x, y }: Point) {
  const right = x + node.width / 2;
  const points = [{ x: right, y: y - 9 }, { x: right + 40, y: y - 24 }, { x: right + 40, y: y + 24 }, { x: right, y: y + 9 }];
  return { points: points.map(rounded), label: rounded({ x: right + 44, y: y - 30 }) };
}

// Room for the longest word, in whichever language.
function labelOf({ triggers }: Names) {
  const words = triggers.flatMap((trigger) => [en, vi].map((text) => text.trigger[keyOf(trigger)]));
  return { width: Math.max(...words.map((word) => word.length)) * letter, height: triggers.length * line, labelpos: "c" as const };
}

function rounded({ x, y }: Point): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
