import type { Texts } from "..";
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

// Toàn bộ văn bản tiếng Việt; khóa giống bản tiếng Anh.
export const vi: Texts = { ...frame, ...connection, start, pages, disconnect, add, inbox, history, machine, desk, fleet, failure };
