import { dismiss, notices, text } from "../app";
import { Icon } from "./Icon";

/** Notices of what just happened. The live region is always rendered: screen readers ignore one that is added together with its text. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite" aria-label={text.value.notices}>
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice ${notice.tone}`}>
          <Icon name={notice.tone === "good" ? "check" : notice.tone === "info" ? "arrow" : "warning"} />
          <span>{notice.text}</span>
          <button type="button" class="quiet square" aria-label={text.value.dismiss} onClick={() => dismiss(notice.id)}>
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
