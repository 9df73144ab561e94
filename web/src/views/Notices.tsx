import { dismiss, notices, text } from "../app";
import { Icon } from "./Icon";

/** What just happened, for the eye and for screen readers. The region is always there: one that comes with its text is not read. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite" aria-label={text.value.notices}>
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice ${notice.tone}`}>
          <Icon name={notice.tone === "good" ? "check" : "warning"} />
          <span>{notice.text}</span>
          <button type="button" class="quiet square" aria-label={text.value.dismiss} onClick={() => dismiss(notice.id)}>
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
