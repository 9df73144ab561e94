import { describe, expect, it } from "vitest";
import { PageNameCache } from "../src/state/pageNameCache";
import { ref } from "./samples";

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("PageNameCache", () => {
  it("fetches each name once", async () => {
    const fetched: string[] = [];
    let loadCount = 0;
    const names = new PageNameCache(
      async ({ pageId }) => {
        fetched.push(pageId);
        return `Page ${pageId}`;
      },
      () => loadCount++,
    );

    for (const page of ["a", "b", "a"]) void names.load(ref(page));
    await settled();
    await names.load(ref("a"));

    expect([fetched, names.get(ref("a")), names.get(ref("b")), loadCount]).toEqual([["a", "b"], "Page a", "Page b", 2]);
  });

  it("fetches a name again after a failed fetch", async () => {
    let isDown = true;
    const names = new PageNameCache(async () => (isDown ? Promise.reject(new Error("unreachable")) : "Alpha"), () => {});

    await names.load(ref("a"));
    expect(names.get(ref("a"))).toBeUndefined();
    isDown = false;
    await names.load(ref("a"));

    expect(names.get(ref("a"))).toBe("Alpha");
  });
});
