import type { Texts } from "..";

export const disconnect: Texts["disconnect"] = {
  title: (page) => `Ngắt kết nối ${page}?`,
  lead: "Trang sẽ rời khỏi danh sách và nhường chỗ cho trang khác. Tin nhắn sẽ không còn đến đây.",
  leadWithoutSlot: "Trang sẽ rời khỏi danh sách.",
  confirm: "Ngắt kết nối",
  keep: "Giữ lại",
  done: (page) => `Đã ngắt kết nối ${page}`,
};
