import { useState } from "preact/hooks";
import { navigate, text } from "../app";
import { readListPreference, savePreference } from "../preferences";
import { idPattern, isId } from "../state/routes";
import { Link } from "./Link";

/** Chooses the merchant. In production, an authenticating proxy decides which merchants a user may open. */
export function Start() {
  const words = text.value.start;
  const recent = readListPreference("merchants");
  const [merchant, setMerchant] = useState(recent[0] ?? "");

  function open(event: Event) {
    event.preventDefault();
    if (!isId(merchant)) return;
    savePreference("merchants", [merchant, ...recent.filter((known) => known !== merchant)].slice(0, 6).join("\n"));
    navigate({ at: "pages", merchant });
  }

  return (
    <div class="hero">
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <form class="card row" onSubmit={open}>
        <MerchantField value={merchant} onInput={setMerchant} />
        <button type="submit" class="primary">
          {words.open}
        </button>
      </form>
      <p class="hint">
        {words.hint} {words.none}
      </p>
      {recent.length > 0 && <Recent merchants={recent} />}
      <p class="start-fleet">
        <Link to={{ at: "fleet" }}>{words.fleet}</Link>
      </p>
    </div>
  );
}

function MerchantField({ value, onInput }: { readonly value: string; readonly onInput: (merchant: string) => void }) {
  const words = text.value.start;
  return (
    <label class="field grow">
      {words.label}
      <input
        name="merchant"
        required
        maxLength={64}
        pattern={idPattern}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        title={words.hint}
        value={value}
        placeholder="shop-1"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

function Recent({ merchants }: { readonly merchants: readonly string[] }) {
  const words = text.value.start;
  return (
    <section aria-label={words.recent}>
      <h2 class="small">{words.recent}</h2>
      <ul class="chips">
        {merchants.map((merchant) => (
          <li key={merchant}>
            <Link to={{ at: "pages", merchant }} class="chip">
              {merchant}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
