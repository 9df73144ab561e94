import type { Texts } from "..";

export const start: Texts["start"] = {
  title: "Cửa hàng nào?",
  lead: "Mỗi cửa hàng một danh sách trang, luôn đúng trên mọi màn hình. Nhập mã cửa hàng để xem các trang.",
  label: "Mã cửa hàng",
  hint: "1 đến 64 chữ cái không dấu, chữ số, dấu chấm, gạch dưới, hai chấm hoặc gạch nối.",
  open: "Mở",
  recent: "Mở gần đây",
  none: "Cửa hàng chưa có dữ liệu sẽ có danh sách trống.",
};
