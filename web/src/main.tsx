import { render } from "preact";
import { followAddressBar } from "./addressBar";
import { accessToken } from "./api/client";
import { loadSettings } from "./api/settings";
import { settings, simulation, startClock } from "./app";
import { ConsentForm, SignInForm } from "./developerScreens";
import { applyPreferences } from "./preferences";
import "./style/index.css";
import { getTokensFromEmbeddingPage, takeTokenFromAddress } from "./signIn";
import { App } from "./views/App";
import { watchCurrentMerchant } from "./watchCurrentMerchant";

const takeToken = () => takeTokenFromAddress(accessToken, location, history);
takeToken();
addEventListener("hashchange", takeToken);
applyPreferences();
followAddressBar();
startClock();

let signedIn = Promise.resolve();
await loadSettings((loaded) => {
  settings.value = loaded;
  simulation.value = loaded.development ? { SignInForm, ConsentForm } : undefined;
  signedIn = getTokensFromEmbeddingPage(accessToken, window, loaded.embeddingOrigins);
});
await signedIn;
watchCurrentMerchant();
render(<App />, document.getElementById("app")!);
