import type { Texts } from "..";

export const failure: Texts["failure"] = {
  UNREACHABLE: "Không liên lạc được với máy chủ. Vui lòng thử lại.",
  UNEXPECTED: "Đã xảy ra lỗi ngoài dự kiến. Vui lòng thử lại.",
  INVALID_REQUEST: "Dữ liệu nhập không hợp lệ.",
  CONNECTION_NOT_FOUND: "Cửa hàng không có kết nối với trang này.",
  SESSION_NOT_FOUND: "Không còn thông tin về lượt kết nối này.",
  ILLEGAL_TRANSITION: "Không thể làm vậy ở trạng thái hiện tại của kết nối.",
  STEP_NOT_ALLOWED: "Lượt kết nối đang ở một bước khác.",
  PAGE_QUOTA_EXCEEDED: "Đã hết chỗ. Hãy ngắt kết nối một trang trước.",
  ACCOUNT_NOT_PERSONAL: "Phải dùng tài khoản cá nhân.",
  PAGE_ROLE_TOO_LOW: "Tài khoản cần vai trò Biên tập viên trở lên trên trang này.",
  PAGE_NOT_OFFERED: "Tài khoản không có trang này.",
  CONSENT_REQUIRED: "Vui lòng đồng ý gửi tin nhắn đến người dùng Zalo thay mặt trang.",
  PAGE_ALREADY_CONNECTED: "Trang này đã được kết nối.",
  REQUEST_ID_REUSED: "Yêu cầu này đã được dùng cho việc khác.",
  CONCURRENT_CHANGE: "Cửa hàng đang được thay đổi ở nơi khác. Vui lòng thử lại.",
  STORE_UNAVAILABLE: "Kho dữ liệu không trả lời. Vui lòng thử lại.",
  RECORD_UNREADABLE: "Không đọc được dữ liệu của cửa hàng này. Dữ liệu được giữ nguyên; vui lòng báo bộ phận hỗ trợ.",
  RESUME_TOKEN_INVALID: "Danh sách được tải lại từ đầu.",
  WATCH_LIMIT_EXCEEDED: "Có quá nhiều màn hình đang theo dõi. Màn hình này sẽ tự thử lại.",
  SHUTTING_DOWN: "Máy chủ đang khởi động lại. Màn hình sẽ tự tiếp tục.",
};
