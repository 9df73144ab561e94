import { render } from "preact";
import { learnSettings } from "./api/settings";
import { settings } from "./app";
import "./style/index.css";
import { App } from "./views/App";
import { startWatching } from "./watcher";

await learnSettings((learnt) => (settings.value = learnt));
startWatching();
render(<App />, document.getElementById("app")!);
