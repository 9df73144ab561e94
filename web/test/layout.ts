import * as dagre from "@dagrejs/dagre";
import type { Arrow, Graph, Point } from "../src/machine/graph";
import machine from "../src/machine/machine.json";

type Names = Pick<Arrow, "from" | "to" | "triggers">;

const node = { width: 156, height: 44 };
const beginning = { width: 18, height: 18 };
const letter = 7.4;
const line = 15;

/** Where the states and the arrows of the machine go. Made once, so that the console need not carry what makes it. */
export function layOut(): Graph {
  const graph = new dagre.graphlib.Graph({ directed: true });
  graph.setGraph({ rankdir: "TB", nodesep: 34, edgesep: 18, ranksep: 46 });
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
      return { ...arrow, points: edge.points.map(rounded), label: rounded(edge as Point) };
    }),
  } as Graph;
}

function sizeOf(name: string) {
  return name === "None" ? beginning : node;
}

// Room for the longest word, in whichever language: Vietnamese needs more.
function labelOf({ triggers }: Names) {
  const longest = Math.max(...triggers.map((trigger) => trigger.length));
  return { width: Math.max(longest, 12) * letter, height: triggers.length * line, labelpos: "c" as const };
}

function rounded({ x, y }: Point): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
