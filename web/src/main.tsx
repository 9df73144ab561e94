import { render } from "preact";
import { loadSettings } from "./api/settings";
import { settings } from "./app";
import "./style/index.css";
import { App } from "./views/App";
import { watchCurrentMerchant } from "./watchCurrentMerchant";

await loadSettings((loaded) => (settings.value = loaded));
watchCurrentMerchant();
render(<App />, document.getElementById("app")!);
