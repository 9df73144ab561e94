import { render } from "preact";
import { readSettings } from "./api/settings";
import { settings } from "./app";
import "./style/base.css";
import "./style/parts.css";
import "./style/screens.css";
import { App } from "./views/App";
import { startWatching } from "./watcher";

settings.value = await readSettings();
startWatching();
render(<App />, document.getElementById("app")!);
