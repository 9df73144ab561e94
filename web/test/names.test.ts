import { describe, expect, it } from "vitest";
import { Names } from "../src/state/names";
import { ref } from "./samples";

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("the names of pages that have left", () => {
  it("are asked for once each, however often they are wanted", async () => {
    const asked: string[] = [];
    let told = 0;
    const names = new Names(
      async ({ pageId }) => {
        asked.push(pageId);
        return `Page ${pageId}`;
      },
      () => told++,
    );

    for (const page of ["a", "b", "a"]) void names.learn(ref(page));
    await settled();
    await names.learn(ref("a"));

    expect([asked, names.nameOf(ref("a")), names.nameOf(ref("b")), told]).toEqual([["a", "b"], "Page a", "Page b", 2]);
  });

  it("are asked for again when nobody could be asked", async () => {
    let isOut = true;
    const names = new Names(async () => (isOut ? Promise.reject(new Error("unreachable")) : "Alpha"), () => {});

    await names.learn(ref("a"));
    expect(names.nameOf(ref("a"))).toBeUndefined();
    isOut = false;
    await names.learn(ref("a"));

    expect(names.nameOf(ref("a"))).toBe("Alpha");
  });
});
