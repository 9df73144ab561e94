import { useState } from "preact/hooks";
import { text } from "../app";
import type { Connection } from "../api/gen/connectionstate/v1/page_pb";
import { nameOfPage } from "../views/parts";
import { outcomeWords, reportError } from "./acts";

/** Reports a provider's error code, and says what the service makes of it. */
export function ProviderErrorForm({ merchant, connections }: { readonly merchant: string; readonly connections: readonly Connection[] }) {
  const words = text.value.desk;
  const [at, setAt] = useState(0);
  const [code, setCode] = useState("190");
  const [subcode, setSubcode] = useState("458");
  const [answer, setAnswer] = useState("");
  const connection = connections[at] ?? connections[0];

  async function submit(event: Event) {
    event.preventDefault();
    if (!connection?.page) return;
    const done = await reportError(merchant, connection.page, Number(code), subcode === "" ? undefined : Number(subcode));
    setAnswer(done ? `${words.meaning(done.meaning)} ${outcomeWords(done.outcomes)}` : "");
  }

  return (
    <form class="card stack" aria-label={words.error} onSubmit={(event) => void submit(event)}>
      <h2>{words.error}</h2>
      <p class="hint">{words.errorLead}</p>
      <label class="field">
        {text.value.history.filter}
        <select value={at} onChange={(event) => setAt(Number(event.currentTarget.value))}>
          {connections.map((listed, index) => (
            <option key={index} value={index}>
              {nameOfPage(listed)}
            </option>
          ))}
        </select>
      </label>
      <div class="row">
        <label class="field grow">
          {words.code}
          <input inputMode="numeric" required pattern="-?[0-9]{1,9}" value={code} onInput={(event) => setCode(event.currentTarget.value)} />
        </label>
        <label class="field grow">
          {words.subcode}
          <input inputMode="numeric" pattern="[0-9]{0,9}" value={subcode} onInput={(event) => setSubcode(event.currentTarget.value)} />
        </label>
      </div>
      <button type="submit" disabled={!connection}>
        {words.report}
      </button>
      <p class="hint" role="status">
        {answer}
      </p>
    </form>
  );
}
