import { lazy } from "./views/lazy";

// The screens that exist in Development only. Merchants do not load them.

export const Desk = lazy(() => import("./desk/Desk").then((module) => module.Desk));
export const SignInForm = lazy(() => import("./desk/SignInForm").then((module) => module.SignInForm));
export const ConsentForm = lazy(() => import("./desk/ConsentForm").then((module) => module.ConsentForm));
export const StateMachineScreen = lazy(() => import("./machine/StateMachineScreen").then((module) => module.StateMachineScreen));
