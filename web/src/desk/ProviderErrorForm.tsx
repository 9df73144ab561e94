import { useState } from "preact/hooks";
import { text } from "../app";
import type { Connection } from "../api/gen/connectionstate/v1/page_pb";
import { pageKey } from "../state/pages";
import { nameOfPage } from "../views/parts";
import { outcomeWords, reportError } from "./acts";

/** Reports a provider's error code, and says what the service makes of it. */
export function ProviderErrorForm({ merchant, connections }: { readonly merchant: string; readonly connections: readonly Connection[] }) {
  const words = text.value.desk;
  const [picked, pick] = useState<string>();
  const [code, setCode] = useState("190");
  const [subcode, setSubcode] = useState("458");
  const [answer, setAnswer] = useState("");
  // Once a page is picked, it is this one or none: the list moves under the form.
  const page = connections.find((connection, index) => (picked === undefined ? index === 0 : pageKey(connection.page) === picked))?.page;

  async function submit(event: Event) {
    event.preventDefault();
    if (!page) return;
    const done = await reportError(merchant, page, Number(code), subcode === "" ? undefined : Number(subcode));
    setAnswer(done ? `${words.meaning(done.meaning)} ${outcomeWords(done.outcomes)}` : "");
  }

  return (
    <form class="card stack" aria-label={words.error} onSubmit={(event) => void submit(event)}>
      <h2>{words.error}</h2>
      <p class="hint">{words.errorLead}</p>
      <PagePicker connections={connections} picked={page && pageKey(page)} onPick={pick} />
      <div class="row">
        <NumberField label={words.code} pattern="-?[0-9]{1,9}" required value={code} onInput={setCode} />
        <NumberField label={words.subcode} pattern="[0-9]{0,9}" value={subcode} onInput={setSubcode} />
      </div>
      <button type="submit" disabled={!page}>
        {words.report}
      </button>
      <p class="hint" role="status">
        {answer}
      </p>
    </form>
  );
}

interface PickerProps {
  readonly connections: readonly Connection[];
  readonly picked?: string;
  readonly onPick: (key: string) => void;
}

function PagePicker({ connections, picked = "", onPick }: PickerProps) {
  return (
    <label class="field">
      {text.value.history.filter}
      <select value={picked} onChange={(event) => onPick(event.currentTarget.value)}>
        {connections.map((connection) => (
          <option key={pageKey(connection.page)} value={pageKey(connection.page)}>
            {nameOfPage(connection)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FieldProps {
  readonly label: string;
  readonly pattern: string;
  readonly required?: boolean;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

function NumberField({ label, onInput, ...rest }: FieldProps) {
  return (
    <label class="field grow">
      {label}
      <input inputMode="numeric" {...rest} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}
