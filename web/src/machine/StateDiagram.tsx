import type { Texts } from "../text";
import { graph, pathOf, type Arrow } from "./graph";
import { keyOf, labelLines, type StateName } from "./names";

interface Props {
  readonly text: Texts;
  /** The state to highlight, together with its outgoing arrows. */
  readonly current?: StateName;
}

const margin = 12;

/** The diagram of the state machine. docs/state-machine.svg is generated from it. */
export function StateDiagram({ text, current }: Props) {
  const label = current ? `${text.machine.drawing}. ${text.machine.now(text.state[keyOf(current)])}` : text.machine.drawing;
  const box = `${-margin} ${-margin} ${graph.width + 2 * margin} ${graph.height + 2 * margin}`;
  // Highlighted arrows are drawn last, above the others.
  const arrows = [...graph.arrows].sort((one, other) => Number(one.from === current) - Number(other.from === current));
  return (
    <svg xmlns="http://www.w3.org/2000/svg" class={current ? "drawing marked" : "drawing"} viewBox={box} role="img" aria-label={label}>
      <defs>
        <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
          <path class="head" d="M0 0.5L8 4L0 7.5z" />
        </marker>
      </defs>
      {arrows.map((arrow) => (
        <path key={`${arrow.from}-${arrow.to}`} class={arrow.from === current ? "arrow out" : "arrow"} d={pathOf(arrow.points)} marker-end="url(#head)" />
      ))}
      {graph.states.map((state) =>
        state.name === "None" ? (
          <circle key="None" class="state none" cx={state.x} cy={state.y} r={state.width / 2} />
        ) : (
          <g key={state.name} class={`state ${keyOf(state.name)}${state.name === current ? " now" : ""}`}>
            <rect x={state.x - state.width / 2} y={state.y - state.height / 2} width={state.width} height={state.height} rx="10" />
            <text x={state.x} y={state.y + 5}>
              {text.state[keyOf(state.name)]}
            </text>
          </g>
        ),
      )}
      {arrows.map((arrow) => (
        <Label key={`${arrow.from}-${arrow.to}`} arrow={arrow} text={text} isOutgoing={arrow.from === current} />
      ))}
    </svg>
  );
}

function Label({ arrow, text, isOutgoing }: { readonly arrow: Arrow; readonly text: Texts; readonly isOutgoing: boolean }) {
  const { x, y } = arrow.label;
  const lines = labelLines(arrow, text);
  const top = y - (lines.length - 1) * 8.5 + 5;
  return (
    <g class={isOutgoing ? "label out" : "label"}>
      {lines.map((line, index) => (
        <text key={line} x={x} y={top + index * 17}>
          {line}
        </text>
      ))}
    </g>
  );
}
