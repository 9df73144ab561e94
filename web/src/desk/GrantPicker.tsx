import { text } from "../app";
import type { GrantChoice } from "./deskActions";

const choices: readonly GrantChoice[] = ["current", "older", "unnamed"];

interface Props {
  readonly value: GrantChoice;
  readonly onPick: (grant: GrantChoice) => void;
}

/** Chooses the grant that a report or a renewal names. */
export function GrantPicker({ value, onPick }: Props) {
  const words = text.value.desk;
  return (
    <label class="field inline">
      {words.grant}
      <select value={value} onChange={(event) => onPick(event.currentTarget.value as GrantChoice)}>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {words.grants[choice]}
          </option>
        ))}
      </select>
    </label>
  );
}
