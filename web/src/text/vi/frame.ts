import type { Texts } from "..";
import type { frame as english } from "../en/frame";

// Văn bản của phần đầu trang và của mọi màn hình.
export const frame: Pick<Texts, keyof typeof english> = {
  language: "vi",
  product: "ConnectionState",
  nav: { label: "Các mục", pages: "Trang", inbox: "Hộp thư", history: "Lịch sử", machine: "Máy trạng thái", desk: "Giả lập" },
  skip: "Đến nội dung chính",
  merchant: "Cửa hàng",
  changeMerchant: "Đổi cửa hàng",
  switchLanguage: "English",
  theme: { label: "Màu sắc", system: "Theo thiết bị", light: "Sáng", dark: "Tối" },
  liveStatus: {
    live: "Đang cập nhật",
    stale: "Mất kết nối máy chủ",
    connecting: "Đang kết nối",
    liveHint: "Danh sách đang được cập nhật liên tục.",
    staleHint: "Không nhận được tin từ máy chủ. Bạn đang thấy những gì biết được lần cuối; màn hình sẽ tự cập nhật.",
    connectingHint: "Đang hỏi máy chủ.",
    lastUpdate: (when) => `Cập nhật lần cuối: ${when}.`,
  },
  dismiss: "Đóng",
  notices: "Thông báo",
};
