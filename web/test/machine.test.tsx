import { renderToString } from "preact-render-to-string";
import { describe, expect, it } from "vitest";
import machine from "../src/machine/machine.json";
import { en } from "../src/text/en";
import { expectCurrent, update } from "./generatedFiles";
import { computeLayout } from "./computeLayout";

// Update the layout first: the diagram is rendered from it.
const layout = `${JSON.stringify(computeLayout(), null, 1)}\n`;
update("web/src/machine/layout.json", layout);
const { StateDiagram } = await import("../src/machine/StateDiagram");
const { graph, pathOf } = await import("../src/machine/graph");

const style = `
  svg { background: #fff; font: 15px system-ui, sans-serif; }
  .arrow { fill: none; stroke: #98a2b8; stroke-width: 1.5; }
  .head { fill: #98a2b8; }
  .state rect { fill: #f4f6fb; stroke: #c3cadb; }
  .state.none { fill: #1c2333; }
  .state text { font-weight: 600; fill: #1c2333; text-anchor: middle; }
  .state.connected rect { fill: #e3f6ea; stroke: #1c8a4b; }
  .label text { fill: #4a5469; text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 4px; font-size: 14px; }
`;

describe("the state diagram", () => {
  it("layout.json matches machine.json", () => {
    expectCurrent("web/src/machine/layout.json", layout);
  });

  it("docs/state-machine.svg matches the diagram", () => {
    const svg = renderToString(<StateDiagram text={en} />).replace("<defs>", `<style>${style}</style><defs>`);
    expectCurrent("docs/state-machine.svg", `${svg}\n`);
  });

  it("has every state and every arrow", () => {
    expect(graph.states.map((state) => state.name)).toEqual(machine.states);
    expect(graph.arrows.map(({ from, to, triggers, guard }) => ({ from, to, triggers, guard }))).toEqual(
      machine.arrows.map((arrow) => ({ guard: undefined, ...arrow })),
    );
  });

  it("highlights the current state and its outgoing arrows", () => {
    const svg = renderToString(<StateDiagram text={en} current="Expired" />);

    expect(svg).toContain('class="state expired now"');
    expect(svg.match(/class="arrow out"/g)).toHaveLength(machine.arrows.filter((arrow) => arrow.from === "Expired").length);
    expect(svg).toContain("Now: Expired");
  });

  it("has a text for every state and trigger", () => {
    for (const state of machine.states) expect(en.state).toHaveProperty(state.toLowerCase());
    for (const trigger of machine.arrows.flatMap((arrow) => arrow.triggers)) expect(en.trigger).toHaveProperty(trigger.toLowerCase());
  });

  it("pathOf ends at the last point", () => {
    expect(pathOf([{ x: 0, y: 0 }, { x: 4, y: 4 }])).toBe("M0 0L4 4");
    expect(pathOf([{ x: 0, y: 0 }, { x: 4, y: 4 }, { x: 8, y: 0 }])).toBe("M0 0Q4 4 8 0");
  });
});
