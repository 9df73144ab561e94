import { readFileSync } from "node:fs";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  Candidate_Eligibility as Eligibility,
  Cause,
  Connection_State as State,
  ConnectSession_Step as Step,
  ConnectSessionSchema,
  Evidence_Source as Source,
  EvidenceSchema,
  Provider,
  Signal,
} from "@connectionstate/client";
import { ErrorReason } from "@connectionstate/client/services";
import { preferredLanguage } from "../src/text";
import { en } from "../src/text/en";
import { actorText, causeKeys, codeText, doubtText, eligibilityKeys, failureText, meaningText, stateKeys, sessionEndText, noSelectablePageText } from "../src/text/names";
import { duration, relative, relativeText } from "../src/text/time";
import { vi } from "../src/text/vi";
import { ref } from "./samples";

// Returns every text by its path; texts with parameters are called with sample values.
function all(texts: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]): [string, string][] => {
      const at = `${path}/${key}`;
      if (typeof value === "function") return [[at, String((value as (...values: unknown[]) => string)("7", 8))]];
      return typeof value === "string" ? [[at, value]] : [...all(value as object, at)];
    }),
  );
}

const names = new Set(["/product", "/provider/facebook", "/provider/zalo", "/provider/facebookPage", "/machine/move", "/pages/of"]);

describe("the texts", () => {
  it("have the same keys in both languages", () => {
    expect([...all(vi).keys()].sort()).toEqual([...all(en).keys()].sort());
  });

  it("differ between the languages", () => {
    const english = all(en);
    const same = [...all(vi)].filter(([at, words]) => words !== "" && words === english.get(at) && !names.has(at) && at !== "/language");

    expect(same).toEqual([]);
  });

  it("are empty only for unspecified values", () => {
    for (const texts of [vi, en]) {
      expect([...all(texts)].filter(([at, words]) => words.trim() === "" && !at.endsWith("/none"))).toEqual([]);
    }
  });

  it("use the words of the rules", () => {
    expect([vi.add.success, vi.inbox.understood, vi.add.refuse]).toEqual(["Kết nối thành công", "Đã hiểu", "Từ chối"]);
  });

  it("explain every cause and its remedy", () => {
    const causes = Object.values(Cause).filter((cause): cause is Cause => typeof cause === "number" && cause !== Cause.UNSPECIFIED);
    for (const texts of [vi, en]) {
      const explanations = causes.map((cause) => texts.cause[causeKeys[cause]] + texts.remedy[causeKeys[cause]]);
      expect(new Set(explanations).size).toBe(causes.length);
    }
  });

  it("do not confuse an expired token with a removed permission", () => {
    for (const [texts, token, permission] of [[en, /token/i, /permission/i], [vi, /kết nối/i, /quyền/i]] as const) {
      const { cause, remedy, pages, inbox, history } = texts;
      const ofTokens = [cause.tokenExpired, remedy.tokenExpired, pages.expires(""), pages.expired(""), inbox.soon(""), history.warning("")];
      expect(ofTokens.filter((words) => !token.test(words) || permission.test(words))).toEqual([]);
      expect([cause.permissionRevoked, remedy.permissionRevoked].filter((words) => /token|hết hạn/i.test(words) || !permission.test(words))).toEqual([]);
    }
  });

  it("name every state differently", () => {
    const states = Object.values(State).filter((state): state is State => typeof state === "number");
    for (const texts of [vi, en]) expect(new Set(states.map((state) => texts.state[stateKeys[state]])).size).toBe(states.length);
  });

  it("explain every error reason", () => {
    const reasons = Object.keys(ErrorReason).filter((name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED");

    expect(reasons.filter((reason) => !(reason in en.failure))).toEqual([]);
    expect(failureText(en, { reason: "OF_A_NEWER_SERVER", values: {}, message: "" })).toBe(en.failure.UNEXPECTED);
    expect(failureText(vi, { reason: "PAGE_QUOTA_EXCEEDED", values: { used: "3", limit: "3" }, message: "" })).toContain("3/3");
    expect(failureText(en, { reason: "PAGE_QUOTA_EXCEEDED", values: { used: "1", limit: "1" }, message: "" })).toBe("You have 1 of 1 pages. Disconnect one first.");
    expect(failureText(en, { reason: "PAGE_QUOTA_EXCEEDED", values: { used: "3", limit: "1" }, message: "" })).toMatch(/3 of 1 pages/);
  });
});

describe("sessionEndText", () => {
  const session = (step: Step, pageId?: string) => create(ConnectSessionSchema, { step, page: pageId === undefined ? undefined : ref(pageId) });

  it("says that the chosen page was not connected", () => {
    expect(sessionEndText(en, session(Step.REFUSED, "a"))).toBe("The page was not connected. Your other pages are not affected.");
    expect(sessionEndText(en, session(Step.TIMED_OUT, "a"))).toMatch(/was not connected/);
    expect([Step.REFUSED, Step.TIMED_OUT].map((step) => sessionEndText(vi, session(step, "a")))).toEqual([vi.add.refusedPageLead, vi.add.timedOutPageLead]);
  });

  it("says that nothing changed if no page was chosen", () => {
    expect([Step.REFUSED, Step.TIMED_OUT].map((step) => sessionEndText(en, session(step)))).toEqual([en.add.refusedLead, en.add.timedOutLead]);
  });

  it("says that a listed page is as it was", () => {
    for (const texts of [en, vi]) {
      const ends = [Step.REFUSED, Step.TIMED_OUT].map((step) => sessionEndText(texts, session(step, "a"), "Hoa Sen"));
      expect(ends).toEqual([texts.add.refusedListedLead("Hoa Sen"), texts.add.timedOutListedLead("Hoa Sen")]);
      expect(ends.filter((words) => /left the list|gỡ khỏi/.test(words) || !words.includes("Hoa Sen"))).toEqual([]);
    }
  });
});

describe("doubtText and codeText", () => {
  const evidence = (more: MessageInitShape<typeof EvidenceSchema>) => create(EvidenceSchema, more);

  it("say what speaks against a page, as a possibility", () => {
    const signals = Object.values(Signal).filter((signal): signal is Signal => typeof signal === "number");
    for (const texts of [en, vi]) {
      const doubts = signals.map((signal) => doubtText(texts, evidence({ source: Source.PROVIDER_ERROR, signal })));
      expect(new Set(doubts).size).toBe(signals.length);
      expect(doubts.slice(1).filter((words) => !/may|có thể/.test(words))).toEqual([]);
      expect(doubtText(texts, evidence({ source: Source.NOT_GRANTED, signal: Signal.PERMISSION_REVOKED }))).toBe(texts.doubt.notGranted);
      expect(doubtText(texts, undefined)).toBe(texts.doubt.none);
    }
  });

  it("name the error code", () => {
    expect([evidence({ code: 190, subcode: 467 }), evidence({ code: -216 }), evidence({})].map(codeText)).toEqual(["190/467", "-216", undefined]);
  });
});

describe("meaningText", () => {
  // The rows about a connection: a report with the same code but another message or object may have another meaning.
  const [facebook = "", zalo = ""] = readFileSync(new URL("../../docs/provider-errors.md", import.meta.url), "utf8").split("## Facebook")[1]!.split("## Zalo");
  const rowsOf = (provider: Provider, section: string) =>
    [...section.matchAll(/^\| (-?\d+)[^|]* \| (\d+|any) \| \w+ \| any \| (.+?) \| \w+ \| (HARD|SOFT)/gm)].map(([, code, subcode, meaning]) => ({
      provider,
      evidence: create(EvidenceSchema, { code: Number(code), subcode: subcode === "any" ? undefined : Number(subcode) }),
      meaning: meaning!.split(";")[0]!.replace("access token", "token"),
    }));
  const rows = [...rowsOf(Provider.FACEBOOK, facebook), ...rowsOf(Provider.ZALO, zalo)];

  it("says what the rules of the service say", () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const { provider, evidence, meaning } of rows) {
      expect(meaningText(en, provider, evidence)?.toLowerCase()).toBe(`${meaning.toLowerCase()}.`);
      expect(meaningText(vi, provider, evidence)).toBeTruthy();
    }
  });

  it("says nothing about a code that it does not know", () => {
    expect([meaningText(en, Provider.FACEBOOK, create(EvidenceSchema, { code: 4711 })), meaningText(en, Provider.ZALO, create(EvidenceSchema, {}))]).toEqual([undefined, undefined]);
  });
});

describe("noSelectablePageText", () => {
  it("tells no candidates from candidates that cannot be chosen", () => {
    expect(noSelectablePageText(en, create(ConnectSessionSchema, {}))).toBe(en.add.noCandidates);
    expect(noSelectablePageText(en, create(ConnectSessionSchema, { candidates: [{ pageId: "a" }] }))).toBe(en.add.permission);
  });

  it("has a text for an unknown eligibility", () => {
    expect(en.add[eligibilityKeys[Eligibility.UNSPECIFIED]]).toBe("Cannot be chosen");
    expect(vi.add[eligibilityKeys[Eligibility.UNSPECIFIED]]).toBe("Không thể chọn");
  });

  it("explains every eligibility differently", () => {
    const all = Object.values(Eligibility).filter((one): one is Eligibility => typeof one === "number");
    for (const texts of [en, vi]) expect(new Set(all.map((one) => texts.add[eligibilityKeys[one]])).size).toBe(all.length);
  });
});

describe("actorText", () => {
  it("names the service only for its own actors", () => {
    expect(["connectionstate:timer", "connectionstate:claim"].map((actor) => actorText(en, actor))).toEqual(["by itself", "by itself"]);
    expect(actorText(vi, "connectionstate:timer")).toBe("tự động");
  });

  it("names the actor, or says that it is unknown", () => {
    expect([actorText(en, "webhook-receiver"), actorText(vi, "webhook-receiver")]).toEqual(["by webhook-receiver", "do webhook-receiver"]);
    expect([actorText(en, ""), actorText(vi, "")]).toEqual(["by whom is not known", "không rõ do ai"]);
  });
});

describe("the number of entries", () => {
  it("has a singular and a plural", () => {
    expect([0, 1, 2].map((shown) => en.history.count(shown))).toEqual(["0 entries", "1 entry", "2 entries"]);
    expect([1, 2].map((shown) => vi.history.count(shown))).toEqual(["1 mục", "2 mục"]);
  });
});

describe("preferredLanguage", () => {
  it("is the first supported language of the browser", () => {
    expect(preferredLanguage(["vi-VN", "en"])).toBe("vi");
    expect(preferredLanguage(["fr", "en-GB", "vi"])).toBe("en");
    expect(preferredLanguage(["ja"])).toBe("en");
  });
});

describe("relative times and durations", () => {
  const second = 1_000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;

  it.each([
    [2 * minute + 5 * second, "in 2 minutes", "sau 2 phút"],
    [59 * minute + 50 * second, "in 59 minutes", "sau 59 phút"],
    [90 * minute, "in 1 hour", "sau 1 giờ"],
    [25 * hour + 30 * minute - second, "in 1 day", "sau 1 ngày"],
    [36 * hour, "in 1 day", "sau 1 ngày"],
    [365 * day, "in 365 days", "sau 365 ngày"],
  ])("count whole units: %i ms", (left, english, vietnamese) => {
    const now = Date.UTC(2026, 10, 16, 23);
    expect([relative("en", now + left, now), relative("vi", now + left, now)]).toEqual([english, vietnamese]);
  });

  it.each([
    [60 * second - 200, "in 1 minute", "sau 1 phút"],
    [hour - 200, "in 1 hour", "sau 1 giờ"],
    [day - 5 * second, "in 1 day", "sau 1 ngày"],
    [15 * day - 5 * second, "in 15 days", "sau 15 ngày"],
  ])("round up a small remainder, and carry it over: %i ms", (left, english, vietnamese) => {
    expect([relative("en", left, 0), relative("vi", left, 0)]).toEqual([english, vietnamese]);
  });

  it("count the past in numbers too", () => {
    expect([125 * second, 25 * hour, 36 * hour, 0].map((ago) => relative("en", -ago, 0))).toEqual(["2 minutes ago", "1 day ago", "1 day ago", "0 seconds ago"]);
    expect([125 * second, 25 * hour, 36 * hour, 0].map((ago) => relative("vi", -ago, 0))).toEqual(["2 phút trước", "1 ngày trước", "1 ngày trước", "0 giây trước"]);
  });

  it("use the text for the past once the time is past", () => {
    for (const texts of [en, vi]) {
      const { pages, inbox, language } = texts;
      for (const [text, pastText] of [[pages.trialEnds, pages.trialEnded], [pages.ends, pages.ended], [pages.expires, pages.expired], [inbox.soon, inbox.ended]] as const) {
        expect(relativeText(language, 5_000, 0, text, pastText)).toBe(text(relative(language, 5_000, 0)));
        expect(relativeText(language, 0, 2 * day, text, pastText)).toBe(pastText(relative(language, 0, 2 * day)));
      }
    }
    expect(relativeText("en", 0, 2 * day, en.pages.trialEnds, en.pages.trialEnded)).toBe("ended 2 days ago");
  });

  it("durations show the two largest units", () => {
    expect(duration("en", 3_725_000)).toBe("1 hour 2 minutes");
    expect(duration("vi", 200_000)).toBe("3 phút 20 giây");
    expect(duration("en", 400)).toBe("0 seconds");
  });
});
