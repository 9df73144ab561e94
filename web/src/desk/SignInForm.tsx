import { useState } from "preact/hooks";
import { text, view } from "../app";
import { PageRole, type ConnectSession, type Provider } from "../api/gen/connectionstate/v1/page_pb";
import { providerName, roleKeys } from "../text/names";
import { signIn } from "./acts";
import { findPage } from "../state/pages";
import { nameOfPage } from "../views/parts";
import { castOf, type Offered, type Person } from "./cast";
import { ProviderWindow } from "./ProviderWindow";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onMoved?: (session: ConnectSession | undefined) => void;
}

const roles = [PageRole.ANALYST, PageRole.ADVERTISER, PageRole.MODERATOR, PageRole.EDITOR, PageRole.ADMIN];

/** The provider's sign-in page, as the desk plays it: who signs in, with which roles on which pages. */
export function SignInForm({ merchant, session, onMoved }: Props) {
  const words = text.value.desk;
  const [person, setPerson] = useState<Person>(() => offeringReconnected(castOf(session.provider)[0]!, session));
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const done = await signIn(merchant, session.sessionId, session.provider, person);
    setBusy(false);
    onMoved?.(done?.session);
  }

  function change(index: number, changed: Partial<Offered>) {
    setPerson({ ...person, pages: person.pages.map((page, at) => (at === index ? { ...page, ...changed } : page)) });
  }

  return (
    <ProviderWindow provider={session.provider}>
      <form onSubmit={(event) => void submit(event)}>
        <AccountRow provider={session.provider} person={person} onSelect={(one) => setPerson(offeringReconnected(one, session))} onChange={setPerson} />
        <ul class="offered">
          {person.pages.map((page, index) => (
            <OfferedRow key={index} page={page} onChange={(changed) => change(index, changed)} />
          ))}
        </ul>
        <div class="row">
          <button type="submit" class="primary" aria-disabled={busy}>
            {words.signIn}: {providerName(text.value, session.provider)}
          </button>
          <button type="button" class="quiet" onClick={() => setPerson({ ...person, pages: [...person.pages, newPage(person.pages.length + 1)] })}>
            {words.addPage}
          </button>
        </div>
      </form>
    </ProviderWindow>
  );
}

interface AccountProps {
  readonly provider: Provider;
  readonly person: Person;
  readonly onSelect: (person: Person) => void;
  readonly onChange: (person: Person) => void;
}

function AccountRow({ provider, person, onSelect, onChange }: AccountProps) {
  const words = text.value.desk;
  const cast = castOf(provider);
  return (
    <div class="row bottom">
      <label class="field grow">
        {words.account}
        <select value={person.accountId} onChange={(event) => onSelect(cast.find((one) => one.accountId === event.currentTarget.value)!)}>
          {cast.map((one) => (
            <option key={one.accountId} value={one.accountId}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={person.personal} onChange={(event) => onChange({ ...person, personal: event.currentTarget.checked })} />
        {words.personal}
      </label>
    </div>
  );
}

function OfferedRow({ page, onChange }: { readonly page: Offered; readonly onChange: (changed: Partial<Offered>) => void }) {
  const words = text.value.desk;
  return (
    <li class="row">
      <input class="grow" aria-label={`${words.pageName}: ${page.pageId}`} required maxLength={200} value={page.name} onInput={(event) => onChange({ name: event.currentTarget.value })} />
      <select aria-label={words.role(page.name)} value={page.role} onChange={(event) => onChange({ role: Number(event.currentTarget.value) })}>
        {roles.map((role) => (
          <option key={role} value={role}>
            {words.roles[roleKeys[role]]}
          </option>
        ))}
      </select>
    </li>
  );
}

function newPage(number: number): Offered {
  return { pageId: `page-${number}-${Date.now().toString(36)}`, name: `Page ${number}`, role: PageRole.EDITOR };
}

// Whoever signs in to reconnect a page has it, whichever page that is.
function offeringReconnected(person: Person, session: ConnectSession): Person {
  const wanted = session.reconnectPage;
  if (!wanted || person.pages.some((page) => page.pageId === wanted.pageId)) return person;
  const listed = findPage(view.value.list, wanted);
  const name = listed ? nameOfPage(listed) : wanted.pageId;
  return { ...person, pages: [{ pageId: wanted.pageId, name, role: PageRole.ADMIN }, ...person.pages] };
}
