import { add } from "./add";
import { connection } from "./connection";
import { desk } from "./desk";
import { disconnect } from "./disconnect";
import { failure } from "./failure";
import { fleet } from "./fleet";
import { frame } from "./frame";
import { history } from "./history";
import { inbox } from "./inbox";
import { machine } from "./machine";
import { pages } from "./pages";
import { start } from "./start";

// All English texts, by screen. The compiler and a test make sure that the Vietnamese ones have the same keys.
export const en = { ...frame, ...connection, start, pages, disconnect, add, inbox, history, machine, desk, fleet, failure } as const;
