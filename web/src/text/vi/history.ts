import type { Texts } from "..";

export const history: Texts["history"] = {
  title: "Lịch sử",
  lead: "Chuyện gì đã xảy ra, khi nào, do ai và nhà cung cấp đã nói gì.",
  filter: "Trang",
  all: "Tất cả các trang",
  empty: "Chưa có gì xảy ra.",
  trimmed: "Những gì xảy ra trước đó không còn được lưu.",
  revision: (number) => `Bản ${number}`,
  by: (actor) => `bởi ${actor}`,
  byItself: "tự động",
  byUnknown: "không rõ do ai",
  out: (duration) => `gián đoạn ${duration}`,
  code: (code) => `Mã lỗi ${code}`,
  reportedBy: (who) => `báo bởi ${who}`,
  observed: (when) => `ghi nhận lúc ${when}`,
  acknowledged: "Cửa hàng đã xác nhận đã hiểu",
  warning: (when) => `Cảnh báo: mã truy cập hết hạn lúc ${when}`,
  plan: (plan, limit) => `${plan}, giới hạn ${limit}`,
  session: (provider, step) => `Kết nối ${provider}: ${step}`,
  showSessions: "Hiện các bước kết nối",
  count: (shown) => `${shown} mục`,
};
