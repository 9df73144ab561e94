import type { Texts } from "..";

export const inbox: Texts["inbox"] = {
  title: "Hộp thư",
  pages: "Các trang có hộp thư",
  empty: "Chưa có trang nào để đọc tin nhắn",
  messages: "Tin nhắn của trang hiển thị ở đây.",
  sample: "Trong sản phẩm của bạn, đây là hộp thư. Bảng này cho thấy hộp thư cần làm gì khi kết nối thay đổi.",
  lostTitle: (page) => `Mất kết nối với ${page}`,
  understood: "Đã hiểu",
  then: "Tiếp theo:",
  nextPage: (page) => `hộp thư của ${page}`,
  nextConnect: (provider) => `màn hình kết nối ${provider}`,
  soon: (when) => `Mã truy cập của trang này hết hạn ${when}. Nếu không được gia hạn, tin nhắn sẽ ngừng cho đến khi trang được kết nối lại.`,
  ended: (when) => `Mã truy cập của trang này đã hết hạn ${when}.`,
  pending: "Nhà cung cấp chưa trả lời.",
  notListed: "Trang này không có trong danh sách.",
  readOnly: "Chưa thể gửi tin nhắn cho đến khi trang được kết nối lại.",
  closed: "Không thể gửi tin nhắn nữa.",
  stillWorks: "Trong lúc đó trang vẫn dùng được.",
};
