import { useState } from "preact/hooks";
import { type Connection, Signal } from "@connectionstate/client";
import { text } from "../app";
import { CheckingNote, ConnectionBadge, pageNameOf, ProviderMark } from "../views/parts";
import { GrantPicker } from "./GrantPicker";
import { renewGrant, reportSignal, reportSuccess, type GrantChoice } from "./deskActions";

const signalButtons = [
  ["revoke", Signal.PERMISSION_REVOKED],
  ["roleLost", Signal.ROLE_LOST],
  ["expire", Signal.TOKEN_EXPIRED],
  ["remove", Signal.PAGE_DELETED],
  ["displace", Signal.SIGNED_IN_ELSEWHERE],
] as const;

/** Simulates what can happen to one page at its provider. */
export function DeskPage({ merchant, connection }: { readonly merchant: string; readonly connection: Connection }) {
  const words = text.value.desk;
  const page = connection.page!;
  const name = pageNameOf(connection);
  return (
    <li class="card desk-page">
      <div class="row">
        <ProviderMark provider={page.provider} />
        <b class="grow">{name}</b>
        <ConnectionBadge connection={connection} />
      </div>
      <CheckingNote connection={connection} />
      <div class="row wrap" role="group" aria-label={name}>
        {signalButtons.map(([key, signal]) => (
          <button key={key} type="button" aria-label={text.value.pages.of(words[key], name)} onClick={() => void reportSignal(merchant, page, signal, words[key])}>
            {words[key]}
          </button>
        ))}
        <button type="button" aria-label={text.value.pages.of(words.success, name)} onClick={() => void reportSuccess(merchant, connection)}>
          {words.success}
        </button>
      </div>
      <RenewForm merchant={merchant} connection={connection} name={name} />
    </li>
  );
}

const second = 1_000;
const day = 86_400_000;
const lifetimes = [10 * second, 60 * second, 3 * day, 60 * day, 365 * day];

interface RenewProps {
  readonly merchant: string;
  readonly connection: Connection;
  readonly name: string;
}

function RenewForm({ merchant, connection, name }: RenewProps) {
  const words = text.value.desk;
  const [lifetime, setLifetime] = useState(60 * day);
  const [grant, setGrant] = useState<GrantChoice>("current");
  return (
    <form
      class="row wrap"
      onSubmit={(event) => {
        event.preventDefault();
        void renewGrant(merchant, connection, lifetime, grant);
      }}
    >
      <label class="field inline">
        {words.lifetime}
        <select value={lifetime} onChange={(event) => setLifetime(Number(event.currentTarget.value))}>
          {lifetimes.map((length) => (
            <option key={length} value={length}>
              {length < day ? words.seconds(length / second) : words.days(length / day)}
            </option>
          ))}
        </select>
      </label>
      <GrantPicker value={grant} onPick={setGrant} />
      <button type="submit" aria-label={text.value.pages.of(words.renew, name)}>
        {words.renew}
      </button>
    </form>
  );
}
