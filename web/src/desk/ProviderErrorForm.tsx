import { useState } from "preact/hooks";
import { type Connection, pageKey } from "@connectionstate/client";
import { text } from "../app";
import { strengthKeys } from "./names";
import { pageNameOf } from "../views/parts";
import { outcomeText, reportError, type GrantChoice } from "./deskActions";
import { GrantPicker } from "./GrantPicker";
import { errorExamples } from "./sampleErrors";

const minute = 60_000;
const ages = [0, 5, 10, 15];

/** Reports a provider's error and shows how the service classifies it. */
export function ProviderErrorForm({ merchant, connections }: { readonly merchant: string; readonly connections: readonly Connection[] }) {
  const words = text.value.desk;
  const [picked, setPicked] = useState<string>();
  const [{ code, subcode, message }, setError] = useState({ code: "190", subcode: "458", message: "" });
  const [asksForPage, setAsksForPage] = useState(false);
  const [minutes, setMinutes] = useState(0);
  const [grant, setGrant] = useState<GrantChoice>("current");
  const [result, setResult] = useState("");
  // Once a page is picked, it is that page or none, even if the list changes.
  const connection = connections.find((one, index) => (picked === undefined ? index === 0 : pageKey(one.page) === picked));
  const example = errorExamples.find((one) => one.code === code && one.subcode === subcode && one.message === message);

  async function submit(event: Event) {
    event.preventDefault();
    if (!connection) return;
    const subcodeNumber = subcode === "" ? undefined : Number(subcode);
    const error = { code: Number(code), subcode: subcodeNumber, message, asksForPage, age: minutes * minute, grant };
    const reply = await reportError(merchant, connection, error);
    const strength = reply && words.strength[strengthKeys[reply.strength] ?? "none"];
    setResult(reply && strength ? `${words.meaning(reply.meaning, strength)} ${outcomeText(reply.outcomes)}` : "");
  }

  return (
    <form class="card stack" aria-label={words.error} onSubmit={(event) => void submit(event)}>
      <h2>{words.error}</h2>
      <p class="hint">{words.errorLead}</p>
      <PagePicker connections={connections} picked={connection && pageKey(connection.page)} onPick={setPicked} />
      <label class="field">
        {words.example}
        <select value={example?.key ?? "own"} onChange={(event) => setError(errorExamples.find(({ key }) => key === event.currentTarget.value) ?? { code, subcode, message })}>
          <option value="own">{words.examples.own}</option>
          {errorExamples.map(({ key }) => (
            <option key={key} value={key}>
              {words.examples[key]}
            </option>
          ))}
        </select>
      </label>
      <div class="row">
        <NumberField label={words.code} pattern="-?[0-9]{1,9}" required value={code} onInput={(typed) => setError({ code: typed, subcode, message })} />
        <NumberField label={words.subcode} pattern="[0-9]{0,9}" value={subcode} onInput={(typed) => setError({ code, subcode: typed, message })} />
      </div>
      <label class="field">
        {words.message}
        <input maxLength={2_000} autocomplete="off" value={message} onInput={(event) => setError({ code, subcode, message: event.currentTarget.value })} />
      </label>
      <label class="check">
        <input type="checkbox" checked={asksForPage} onChange={(event) => setAsksForPage(event.currentTarget.checked)} />
        {words.object}
      </label>
      <div class="row wrap">
        <label class="field inline">
          {words.observed}
          <select value={minutes} onChange={(event) => setMinutes(Number(event.currentTarget.value))}>
            {ages.map((count) => (
              <option key={count} value={count}>
                {words.minutesAgo(count)}
              </option>
            ))}
          </select>
        </label>
        <GrantPicker value={grant} onPick={setGrant} />
      </div>
      <button type="submit" disabled={!connection}>
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
