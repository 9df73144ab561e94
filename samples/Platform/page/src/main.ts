import { Connection_State as State } from "./gen/connectionstate/v1/page_pb";
import { getToken, signIn } from "./session";
import { watchPageList } from "./watch";

const form = document.querySelector<HTMLFormElement>("#sign-in")!;
const status = document.querySelector("#status")!;
const pages = document.querySelector("#pages")!;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await signIn(Object.fromEntries(new FormData(form)));
  void start();
});

async function start() {
  const { merchantId } = await getToken();
  const { url } = await (await fetch("/settings")).json();
  form.hidden = true;
  await watchPageList(url, merchantId, (list, isLive) => {
    status.textContent = `${merchantId}: ${isLive ? "live" : "not up to date"}`;
    pages.replaceChildren(
      ...(list?.connections ?? []).map((connection) => {
        const item = document.createElement("li");
        item.textContent = `${connection.pageName}: ${State[connection.state].toLowerCase()}`;
        return item;
      }),
    );
  });
}

// Signed in already?
start().catch(() => (status.textContent = "Sign in to see your pages."));
