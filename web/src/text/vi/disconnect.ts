import type { Texts } from "..";

export const disconnect: Texts["disconnect"] = {
  title: (page) => `Ngắt kết nối ${page}?`,
  lead: "Trang sẽ được gỡ khỏi danh sách và không còn tính vào số trang. Tin nhắn sẽ không còn đến đây.",
  removeTitle: (page) => `Gỡ ${page} khỏi danh sách?`,
  leadWithoutSlot: "Trang đã mất kết nối và không tính vào số trang. Trang sẽ được gỡ khỏi danh sách.",
  removed: (page) => `Đã gỡ ${page} khỏi danh sách`,
  confirm: "Ngắt kết nối",
  keep: "Giữ lại",
  done: (page) => `Đã ngắt kết nối ${page}`,
};
