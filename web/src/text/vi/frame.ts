import type { Texts } from "..";
import type { frame as english } from "../en/frame";

// Văn bản của phần đầu trang và của mọi màn hình.
export const frame: Pick<Texts, keyof typeof english> = {
  language: "vi",
  product: "ConnectionState",
  nav: { label: "Các mục", pages: "Trang", inbox: "Hộp thư", history: "Lịch sử", machine: "Máy trạng thái", desk: "Bàn nhà cung cấp" },
  skip: "Đến nội dung chính",
  merchant: "Cửa hàng",
  changeMerchant: "Đổi cửa hàng",
  switchLanguage: "English",
  theme: { label: "Màu sắc", system: "Theo thiết bị", light: "Sáng", dark: "Tối" },
  liveStatus: {
    live: "Trực tiếp",
    stale: "Chưa cập nhật",
    connecting: "Đang kết nối",
    liveHint: "Những gì bạn thấy là hiện trạng.",
    staleHint: "Không nhận được tin từ máy chủ. Bạn đang thấy những gì biết được lần cuối; màn hình sẽ tự cập nhật.",
    connectingHint: "Đang hỏi máy chủ.",
    lastUpdate: (when) => `nhận tin lần cuối ${when}`,
  },
  dismiss: "Đóng",
  notices: "Thông báo",
};
