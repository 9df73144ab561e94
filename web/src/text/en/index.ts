import { add } from "./add";
import { connection } from "./connection";
import { desk } from "./desk";
import { disconnect } from "./disconnect";
import { failure } from "./failure";
import { frame } from "./frame";
import { history } from "./history";
import { inbox } from "./inbox";
import { machine } from "./machine";
import { pages } from "./pages";
import { start } from "./start";

// Every word of the console, in English, by room. Those in vi have the same keys: the compiler and a test see to it.
export const en = { ...frame, ...connection, start, pages, disconnect, add, inbox, history, machine, desk, failure } as const;
