import * as dagre from "@dagrejs/dagre";
import type { Arrow, Graph, Point } from "../src/machine/graph";
import { labelLines } from "../src/machine/names";
import { en } from "../src/text/en";
import { vi } from "../src/text/vi";
import machine from "../src/machine/machine.json";

type Names = Pick<Arrow, "from" | "to" | "triggers" | "guard">;

const node = { width: 172, height: 46 };
const startNode = { width: 18, height: 18 };
const letterWidth = 7.2;
const lineHeight = 17;

/** Computes the positions of states and arrows. Runs in a test, so that the console does not ship the layout library. */
export function computeLayout(): Graph {
  const graph = new dagre.graphlib.Graph({ directed: true });
  graph.setGraph({ rankdir: "TB", nodesep: 30, edgesep: 16, ranksep: 40 });
  for (const name of machine.states) graph.setNode(name, name === "None" ? { ...startNode } : { ...node });
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
  return name === "None" ? startNode : node;
}

// A re-entry is a loop on the right side of its state, with the label above.
function loopAt({ x, y }: Point) {
  const right = x + node.width / 2;
  const points = [{ x: right, y: y - 9 }, { x: right + 40, y: y - 24 }, { x: right + 40, y: y + 24 }, { x: right, y: y + 9 }];
  return { points: points.map(rounded), label: rounded({ x: right + 44, y: y - 30 }) };
}

// Reserves space for the longest label in any language.
function labelOf(arrow: Names) {
  const labels = [en, vi].map((text) => labelLines(arrow, text));
  const width = Math.max(...labels.flat().map((line) => line.length)) * letterWidth;
  return { width, height: labels[0]!.length * lineHeight, labelpos: "c" as const };
}

function rounded({ x, y }: Point): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
