import { render } from "preact";
import { accessToken } from "./api/client";
import { loadSettings } from "./api/settings";
import { settings } from "./app";
import "./style/index.css";
import { getTokensFromEmbeddingPage, takeTokenFromAddress } from "./signIn";
import { App } from "./views/App";
import { watchCurrentMerchant } from "./watchCurrentMerchant";

const takeToken = () => takeTokenFromAddress(accessToken, location, history);
takeToken();
addEventListener("hashchange", takeToken);

let signedIn = Promise.resolve();
await loadSettings((loaded) => {
  settings.value = loaded;
  signedIn = getTokensFromEmbeddingPage(accessToken, window, loaded.embeddingOrigins);
});
await signedIn;
watchCurrentMerchant();
render(<App />, document.getElementById("app")!);
