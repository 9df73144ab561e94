import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { text } from "../app";
import { Loading } from "./Loading";

/** Returns a component whose code is loaded when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;

  return function Lazy(props: Props) {
    const [state, setState] = useState<"loading" | "loaded" | "failed">(loaded ? "loaded" : "loading");

    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          loaded = component;
          setState("loaded");
        },
        () => setState("failed"),
      );
    }, []);

    if (loaded) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (state === "loading") return <Loading />;
    return (
      <p class="banner bad" role="alert">
        {text.value.failure.UNREACHABLE}
      </p>
    );
  };
}
