import type { Texts } from "..";

export const machine: Texts["machine"] = {
  title: "Máy trạng thái",
  lead: "Mọi trạng thái của một kết nối và điều gì dẫn từ trạng thái này sang trạng thái khác, vẽ từ mã nguồn.",
  of: "Xem trạng thái của",
  noPage: "Không chọn trang",
  drawing: "Máy trạng thái của một kết nối",
  now: (state) => `Hiện tại: ${state}`,
  listed: "[trong danh sách]",
  notListed: "[ngoài danh sách]",
  leads: "Từ đây",
  move: (trigger, state) => `${trigger} → ${state}`,
};
