import { useState } from "preact/hooks";
import { type ConnectSession, type Failure, findPage, PageRole, type Provider } from "@connectionstate/client";
import { text, view } from "../app";
import { failureText, providerName, roleKeys } from "../text/names";
import { signIn } from "./deskActions";
import { Icon } from "../views/Icon";
import { pageNameOf } from "../views/parts";
import { sampleAccounts, type SamplePage, type SampleAccount } from "./sampleAccounts";
import { ProviderWindow } from "./ProviderWindow";

interface Props {
  readonly merchant: string;
  readonly session: ConnectSession;
  readonly onSessionChanged?: (session: ConnectSession | undefined) => void;
}

const roles = [PageRole.ANALYST, PageRole.ADVERTISER, PageRole.MODERATOR, PageRole.EDITOR, PageRole.ADMIN];

/** Simulates the provider's sign-in page: the account, and its roles on pages. */
export function SignInForm({ merchant, session, onSessionChanged }: Props) {
  const words = text.value.desk;
  const [account, setAccount] = useState<SampleAccount>(() => withReconnectPage(sampleAccounts(session.provider)[0]!, session));
  const [complete, setComplete] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();

  async function submit(event: Event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const { reply, failure } = await signIn(merchant, session.sessionId, session.provider, account, complete);
    setBusy(false);
    setFailure(failure);
    onSessionChanged?.(reply?.session);
  }

  function change(index: number, changed: Partial<SamplePage>) {
    setAccount({ ...account, pages: account.pages.map((page, at) => (at === index ? { ...page, ...changed } : page)) });
  }

  function withhold(index: number) {
    setAccount({ ...account, pages: account.pages.filter((_, at) => at !== index) });
  }

  return (
    <ProviderWindow provider={session.provider}>
      <form onSubmit={(event) => void submit(event)}>
        <AccountRow provider={session.provider} account={account} onSelect={(one) => setAccount(withReconnectPage(one, session))} onChange={setAccount} />
        <ul class="offered">
          {account.pages.map((page, index) => (
            <SamplePageRow key={page.pageId} page={page} onChange={(changed) => change(index, changed)} onWithhold={() => withhold(index)} />
          ))}
        </ul>
        <label class="check">
          <input type="checkbox" checked={complete} onChange={(event) => setComplete(event.currentTarget.checked)} />
          {words.complete}
        </label>
        {failure && (
          <p class="why" role="alert">
            {failureText(text.value, failure)}
          </p>
        )}
        <div class="row wrap">
          <button type="submit" class="primary" aria-disabled={busy}>
            {words.signIn}: {providerName(text.value, session.provider)}
          </button>
          <button type="button" class="quiet" onClick={() => setAccount({ ...account, pages: [...account.pages, newPage(account.pages.length + 1)] })}>
            {words.addPage}
          </button>
        </div>
      </form>
    </ProviderWindow>
  );
}

interface AccountProps {
  readonly provider: Provider;
  readonly account: SampleAccount;
  readonly onSelect: (account: SampleAccount) => void;
  readonly onChange: (account: SampleAccount) => void;
}

function AccountRow({ provider, account, onSelect, onChange }: AccountProps) {
  const words = text.value.desk;
  const accounts = sampleAccounts(provider);
  return (
    <div class="row bottom">
      <label class="field grow">
        {words.account}
        <select value={account.accountId} onChange={(event) => onSelect(accounts.find((one) => one.accountId === event.currentTarget.value)!)}>
          {accounts.map((one) => (
            <option key={one.accountId} value={one.accountId}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={account.personal} onChange={(event) => onChange({ ...account, personal: event.currentTarget.checked })} />
        {words.personal}
      </label>
    </div>
  );
}

interface RowProps {
  readonly page: SamplePage;
  readonly onChange: (changed: Partial<SamplePage>) => void;
  readonly onWithhold: () => void;
}

function SamplePageRow({ page, onChange, onWithhold }: RowProps) {
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
      <button type="button" class="quiet square" aria-label={words.withhold(page.name)} title={words.withhold(page.name)} onClick={onWithhold}>
        <Icon name="cross" />
      </button>
    </li>
  );
}

function newPage(number: number): SamplePage {
  return { pageId: `page-${number}-${Date.now().toString(36)}`, name: `Page ${number}`, role: PageRole.EDITOR };
}

// The simulated account always has the page that is to be reconnected.
function withReconnectPage(account: SampleAccount, session: ConnectSession): SampleAccount {
  const wanted = session.reconnectPage;
  if (!wanted || account.pages.some((page) => page.pageId === wanted.pageId)) return account;
  const listed = findPage(view.value.list, wanted);
  const name = listed ? pageNameOf(listed) : wanted.pageId;
  return { ...account, pages: [{ pageId: wanted.pageId, name, role: PageRole.ADMIN }, ...account.pages] };
}
