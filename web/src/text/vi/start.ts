import type { Texts } from "..";

export const start: Texts["start"] = {
  title: "Chọn cửa hàng",
  lead: "Nhập mã cửa hàng để xem các trang đã kết nối.",
  label: "Mã cửa hàng",
  hint: "1 đến 64 chữ cái không dấu, chữ số, dấu chấm, gạch dưới, hai chấm hoặc gạch nối.",
  open: "Mở",
  recent: "Mở gần đây",
  none: "Cửa hàng chưa có dữ liệu sẽ có danh sách trống.",
  fleet: "Dành cho vận hành: tất cả cửa hàng",
};
