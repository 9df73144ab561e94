import { text } from "../app";

export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{text.value.liveStatus.connectingHint}</span>
      <div class="card ghost" />
      <div class="card ghost" />
      <div class="card ghost" />
    </div>
  );
}
