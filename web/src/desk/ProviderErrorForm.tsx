import { useState } from "preact/hooks";
import { text } from "../app";
import type { Connection } from "../api/gen/connectionstate/v1/page_pb";
import { pageKey } from "../state/pages";
import { pageNameOf } from "../views/parts";
import { outcomeText, reportError } from "./deskActions";

/** Reports a provider's error code and shows how the service classifies it. */
export function ProviderErrorForm({ merchant, connections }: { readonly merchant: string; readonly connections: readonly Connection[] }) {
  const words = text.value.desk;
  const [picked, setPicked] = useState<string>();
  const [code, setCode] = useState("190");
  const [subcode, setSubcode] = useState("458");
  const [result, setResult] = useState("");
  // Once a page is picked, it is that page or none, even if the list changes.
  const page = connections.find((connection, index) => (picked === undefined ? index === 0 : pageKey(connection.page) === picked))?.page;

  async function submit(event: Event) {
    event.preventDefault();
    if (!page) return;
    const reply = await reportError(merchant, page, Number(code), subcode === "" ? undefined : Number(subcode));
    setResult(reply ? `${words.meaning(reply.meaning)} ${outcomeText(reply.outcomes)}` : "");
  }

  return (
    <form class="card stack" aria-label={words.error} onSubmit={(event) => void submit(event)}>
      <h2>{words.error}</h2>
      <p class="hint">{words.errorLead}</p>
      <PagePicker connections={connections} picked={page && pageKey(page)} onPick={setPicked} />
      <div class="row">
        <NumberField label={words.code} pattern="-?[0-9]{1,9}" required value={code} onInput={setCode} />
        <NumberField label={words.subcode} pattern="[0-9]{0,9}" value={subcode} onInput={setSubcode} />
      </div>
      <button type="submit" disabled={!page}>
        {words.report}
      </button>
      <p class="hint" role="status">
        {result}
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
            {pageNameOf(connection)}
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
