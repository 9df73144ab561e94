// Texts that were agreed with readers of both languages, and the words that they asked to avoid. A change of one needs their consent: change it here too.

/** The texts by their path in web/src/text. Parameters are {0}, {1} and so on. */
export const agreed: Record<"vi" | "en", Record<string, string>> = {
  vi: {
    "start.title": "Chọn cửa hàng",
    "start.lead": "Nhập mã cửa hàng để xem các trang đã kết nối.",
    "add.lead": "Bạn muốn kết nối kênh nào?",
    "add.waiting": "Đang chờ {0}. Trang này sẽ tự cập nhật.",
    "add.deleted": "Trang đã bị xóa trên {provider}",
    "add.agree": "Đồng ý đại diện trang gửi tin nhắn đến người dùng Zalo",
    "add.refused": "Bạn đã từ chối",
    "add.refusedPageLead": "Trang chưa được kết nối. Các trang khác không bị ảnh hưởng.",
    "add.lost": "Không kết nối được: trang đã bị xóa",
    "add.success": "Kết nối thành công",
    "add.connectLead": "Cửa hàng chưa có trang nào đang kết nối. Đăng nhập {0} để kết nối.",
    "add.gone": "Phiên kết nối này không còn tồn tại.",
    "add.refuse": "Từ chối",
    "provider.facebookPage": "Fanpage Facebook",
    "state.pending": "Đang chờ cấp quyền",
    "state.revoked": "Đã bị gỡ quyền",
    "cause.pageDeleted": "Trang đã bị xóa trên {provider}.",
    "cause.signedInElsewhere": "Một tài khoản khác vừa đăng nhập và kết nối trang này.",
    "cause.merchantDisconnected": "Bạn đã ngắt kết nối trang này.",
    "liveStatus.live": "Đang cập nhật",
    "liveStatus.stale": "Mất kết nối máy chủ",
    "liveStatus.lastUpdate": "Cập nhật lần cuối: {0}.",
    "pages.ends": "Phiên hết hạn {0}",
    "pages.since": "từ {0}",
    "pages.over": "Vượt giới hạn của gói ({0}/{1} trang). Các trang hiện có vẫn dùng được; nâng gói để thêm trang.",
    "pages.remove": "Gỡ khỏi danh sách",
    "inbox.understood": "Đã hiểu",
    "history.revision": "Phiên bản {0}",
    "history.by": "do {0}",
    "history.reportedBy": "nguồn: {0}",
    "history.acknowledged": 'Đã bấm "Đã hiểu"',
    "desk.title": "Giả lập Facebook/Zalo",
    "desk.window": "{0} (giả lập)",
    "failure.STORE_UNAVAILABLE": "Hệ thống tạm gián đoạn, vui lòng thử lại.",
  },
  en: {
    "liveStatus.liveHint": "Up to date.",
    "failure.UNEXPECTED": "Unexpected error. Please try again.",
    "add.choose": "Which page do you want to connect?",
    "add.success": "Connected successfully",
    "inbox.understood": "Understood",
    "pages.remove": "Remove from the list",
  },
};

/** Words that no Vietnamese text of a merchant's screen has, and what is said instead. */
export const avoided: readonly { readonly words: RegExp; readonly better: string }[] = [
  { words: /nhà cung cấp/i, better: "Facebook, Zalo" },
  { words: /mã truy cập|token/i, better: "kết nối" },
  { words: /lượt kết nối/i, better: "phiên kết nối" },
  { words: /(?<!một )chỗ/i, better: "số trang" },
  { words: /rời (khỏi )?danh sách/i, better: "được gỡ khỏi danh sách" },
  { words: /(?<!quyền )Biên tập viên/, better: "quyền Biên tập viên" },
  { words: /Facebook Fanpage|Fanpage của Facebook/i, better: "Fanpage Facebook" },
];

/** Times in Vietnamese. */
export const agreedTimes = { in14Minutes: "sau 14 phút", noonOfNovember28: "12:41, 28/11/2026" };
