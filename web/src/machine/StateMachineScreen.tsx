import { type Connection, Connection_State as State, findPage, type Page } from "@connectionstate/client";
import { navigate, text, view } from "../app";
import { format } from "../state/routes";
import { stateKeys } from "../text/names";
import { CheckingNote, ConnectionBadge, pageNameOf } from "../views/parts";
import { StateDiagram } from "./StateDiagram";
import { graph } from "./graph";
import { keyOf, labelLines, type StateName } from "./names";

/** The state machine, with the current state of a connection highlighted. */
export function StateMachineScreen({ merchant, page }: { readonly merchant: string; readonly page?: Page }) {
  const words = text.value.machine;
  const { list } = view.value;
  const connection = page ? findPage(list, page) : undefined;
  const current = connection ? nameOf(connection.state) : undefined;
  return (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <div class="filters">
        <label class="field inline">
          {words.of}
          <select
            value={format({ at: "machine", merchant, page: connection?.page })}
            onChange={(event) => navigate({ at: "machine", merchant, page: selectedPage(event.currentTarget.value, merchant, list?.connections) })}
          >
            <option value={format({ at: "machine", merchant })}>{words.noPage}</option>
            {list?.connections.map((listed) => {
              const key = format({ at: "machine", merchant, page: listed.page });
              return (
                <option key={key} value={key}>
                  {pageNameOf(listed)}
                </option>
              );
            })}
          </select>
        </label>
        {connection && <ConnectionBadge connection={connection} />}
      </div>
      {connection && <CheckingNote connection={connection} />}
      <div class="card scroll" tabIndex={0} role="group" aria-label={words.drawing}>
        <StateDiagram text={text.value} current={current} />
      </div>
      {current && <Moves from={current} />}
    </>
  );
}

// The outgoing arrows as text, for screen readers.
function Moves({ from }: { readonly from: StateName }) {
  const words = text.value.machine;
  const moves = graph.arrows
    .filter((arrow) => arrow.from === from)
    .flatMap((arrow) => arrow.triggers.map((trigger) => words.move(labelLines({ ...arrow, triggers: [trigger] }, text.value).join(" "), text.value.state[keyOf(arrow.to)])));
  return (
    <section aria-label={words.leads}>
      <h2 class="small">{words.leads}</h2>
      <ul class="chips">
        {moves.map((move) => (
          <li key={move} class="chip still">
            {move}
          </li>
        ))}
      </ul>
    </section>
  );
}

function nameOf(state: State): StateName {
  const key = stateKeys[state] ?? "none";
  return (key.charAt(0).toUpperCase() + key.slice(1)) as StateName;
}

function selectedPage(value: string, merchant: string, connections: readonly Connection[] | undefined) {
  return connections?.find((listed) => format({ at: "machine", merchant, page: listed.page }) === value)?.page;
}
