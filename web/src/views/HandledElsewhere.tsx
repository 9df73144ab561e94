import type { Connection } from "@connectionstate/client";
import { followExternalChange } from "../actions";
import { text } from "../app";
import { externalChangeText } from "../externalChange";
import { Icon } from "./Icon";

/** The page is not this merchant's any more, or its loss was acknowledged, while a person was writing. */
export function HandledElsewhere({ merchant, connection }: { readonly merchant: string; readonly connection: Connection }) {
  const words = text.value.inbox;
  return (
    <div class="banner bad" role="alert">
      <Icon name="warning" />
      <p class="grow">
        {externalChangeText(connection)} {words.stayed}
      </p>
      <button type="button" onClick={() => void followExternalChange(merchant, connection)}>
        {words.moveOn}
      </button>
    </div>
  );
}
