import { expect, it, vi } from "vitest";

// The browser globals that the application state needs.
vi.stubGlobal("location", { pathname: "/" });
vi.stubGlobal("document", { documentElement: { dataset: {} } });
vi.stubGlobal("navigator", { languages: ["en"] });
vi.stubGlobal("addEventListener", () => {});
const { colorOf, initialsOf } = await import("../src/views/Avatar");

it("the initials are the first letters of the first and the last word", () => {
  expect(["Hoa Sen", "Đồ gỗ Việt", "alpha", "🌸 Hoa - Sen", "👍", ""].map(initialsOf)).toEqual(["HS", "ĐV", "A", "HS", "?", "?"]);
});

it("the colour of a page is always the same, and differs between pages", () => {
  const ids = Array.from({ length: 100 }, (_, number) => `page-${number}`);

  expect(ids.map(colorOf)).toEqual(ids.map(colorOf));
  expect(new Set(ids.map(colorOf)).size).toBe(8);
});
