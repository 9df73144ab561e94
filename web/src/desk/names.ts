import { SignalOutcome_Result as Result, SignalStrength } from "@connectionstate/client/services";
import type { Texts } from "../text";

// As in ../text/names.ts, for what the desk alone shows.

export const outcomeKeys: Record<Result, keyof Texts["desk"]["outcome"]> = {
  [Result.UNSPECIFIED]: "none",
  [Result.APPLIED]: "applied",
  [Result.UNCHANGED]: "unchanged",
  [Result.STALE]: "stale",
  [Result.NOT_APPLICABLE]: "notApplicable",
  [Result.FAILED]: "failed",
};

export const strengthKeys: Record<SignalStrength, keyof Texts["desk"]["strength"]> = {
  [SignalStrength.UNSPECIFIED]: "none",
  [SignalStrength.NONE]: "nothing",
  [SignalStrength.SOFT]: "soft",
  [SignalStrength.HARD]: "hard",
};
