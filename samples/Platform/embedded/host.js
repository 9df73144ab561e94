// The platform's own page: its inbox, and beside it the pages of the merchant who is signed in.

const element = document.querySelector("connectionstate-pages");
const inbox = document.querySelector("#inbox");
const lost = document.querySelector("#lost");
const form = document.querySelector("#sign-in");

element.addEventListener("page-chosen", ({ detail }) => (inbox.textContent = `Inbox of ${detail.name}`));
element.addEventListener("page-lost", ({ detail }) => (lost.textContent = `${detail.name} is lost: ${detail.state}`));
element.addEventListener("no-page-left", () => (inbox.textContent = "No page is connected"));

// The backend asks ConnectionState for a token for the merchant of the session. The element calls this again before the token ends.
async function getToken() {
  const reply = await fetch("/token", { method: "POST" });
  if (!reply.ok) throw new Error(`no token: ${reply.status}`);
  return reply.json(); // { merchantId, token, expiresAt }
}

async function start() {
  const { merchantId } = await getToken();
  form.hidden = true;
  element.setAttribute("merchant", merchantId);
  element.token = getToken;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const who = JSON.stringify(Object.fromEntries(new FormData(form)));
  await fetch("/fake-sign-in", { method: "POST", headers: { "content-type": "application/json" }, body: who });
  await start();
});

// Your page has the address in a script element: <script type="module" src="https://connections.example/connectionstate-pages.js">.
const { url } = await (await fetch("/settings")).json();
await import(`${url}/connectionstate-pages.js`);
start().catch(() => (form.hidden = false));
