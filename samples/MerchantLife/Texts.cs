using ConnectionStateService.V1;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace MerchantLife;

/// <summary>The texts of the screens in one language.</summary>
internal sealed record Texts
{
    public required string AnotherMerchant { get; init; }
    public required string PageDeleted { get; init; }
    public required string LastPage { get; init; }
    public required string Slots { get; init; }
    public required string NoPages { get; init; }
    public required string Connected { get; init; }
    public required string Add { get; init; }
    public required string NoConsent { get; init; }
    public required string Refused { get; init; }
    public required string LimitReached { get; init; }
    public required string Understood { get; init; }
    public required string Disconnect { get; init; }
    public required string ToPage { get; init; }
    public required string ToConnect { get; init; }
    public required string Back { get; init; }
    public required string Checking { get; init; }
    public required string Works { get; init; }
    public required string MessageSent { get; init; }
    public required string OldToken { get; init; }
    public required string CanChoose { get; init; }
    public required string RoleTooLow { get; init; }
    public required string AlreadyConnected { get; init; }
    public required string OtherPage { get; init; }
    public required IReadOnlyDictionary<State, string> States { get; init; }
    public required IReadOnlyDictionary<Cause, string> Notices { get; init; }

    public static Texts English { get; } = new()
    {
        AnotherMerchant = "Zalo, another merchant",
        PageDeleted = "Facebook, a deleted page",
        LastPage = "Facebook, the last page",
        Slots = "Pages ({0} of {1})",
        NoPages = "no page yet",
        Connected = "Connected successfully: {0}",
        Add = "Add a page: {0}",
        NoConsent = "Please agree to messages being sent to Zalo users on the page's behalf.",
        Refused = "You refused. Nothing else has changed.",
        LimitReached = "You have {0} of {1} pages. Disconnect one, or buy more.",
        Understood = "[Understood]",
        Disconnect = "[Disconnect {0}]",
        ToPage = "-> inbox of {0}",
        ToConnect = "-> connect screen of {0}",
        Back = "{0} works again",
        Checking = "checking",
        Works = "works",
        MessageSent = "{0}: a message was sent, the page works.",
        OldToken = "{0}: a late error of the old token changes nothing.",
        CanChoose = "can be chosen",
        RoleTooLow = "needs the role of Editor or higher",
        AlreadyConnected = "already connected",
        OtherPage = "not the page to reconnect",
        States = new Dictionary<State, string>
        {
            [State.Pending] = "waiting for the provider",
            [State.Connected] = "connected",
            [State.Refused] = "refused",
            [State.Expired] = "expired",
            [State.Revoked] = "permission removed",
            [State.Deleted] = "deleted",
            [State.Disconnected] = "disconnected",
        },
        Notices = new Dictionary<Cause, string>
        {
            [Cause.PermissionRevoked] = "The connection to {0} is lost: the app's permission was removed.",
            [Cause.RoleLost] = "The connection to {0} is lost: the account has no sufficient role any more.",
            [Cause.TokenExpired] = "The connection to {0} is lost: the permission has run out.",
            [Cause.PageDeleted] = "The connection to {0} is lost: the page was deleted.",
            [Cause.SignedInElsewhere] = "The connection to {0} is lost: another account signed in.",
        },
    };

    public static Texts Vietnamese { get; } = new()
    {
        AnotherMerchant = "Zalo, một cửa hàng khác",
        PageDeleted = "Facebook, một trang bị xóa",
        LastPage = "Facebook, trang cuối cùng",
        Slots = "Danh sách trang ({0}/{1})",
        NoPages = "chưa có trang nào",
        Connected = "Kết nối thành công: {0}",
        Add = "Thêm trang: {0}",
        NoConsent = "Vui lòng đồng ý gửi tin nhắn đến người dùng Zalo thay mặt trang.",
        Refused = "Bạn đã từ chối. Mọi thứ khác giữ nguyên.",
        LimitReached = "Bạn đang có {0}/{1} trang. Hãy ngắt kết nối một trang hoặc mua thêm.",
        Understood = "[Đã hiểu]",
        Disconnect = "[Ngắt kết nối {0}]",
        ToPage = "-> hộp thư của {0}",
        ToConnect = "-> màn hình kết nối {0}",
        Back = "{0} hoạt động trở lại",
        Checking = "đang kiểm tra",
        Works = "hoạt động",
        MessageSent = "{0}: đã gửi được tin nhắn, trang vẫn hoạt động.",
        OldToken = "{0}: lỗi đến muộn của mã truy cập cũ không thay đổi gì.",
        CanChoose = "có thể chọn",
        RoleTooLow = "cần vai trò Biên tập viên trở lên",
        AlreadyConnected = "đã kết nối",
        OtherPage = "không phải trang cần kết nối lại",
        States = new Dictionary<State, string>
        {
            [State.Pending] = "đang chờ nhà cung cấp",
            [State.Connected] = "đã kết nối",
            [State.Refused] = "đã từ chối",
            [State.Expired] = "đã hết hạn",
            [State.Revoked] = "quyền đã bị gỡ",
            [State.Deleted] = "đã bị xóa",
            [State.Disconnected] = "đã ngắt kết nối",
        },
        Notices = new Dictionary<Cause, string>
        {
            [Cause.PermissionRevoked] = "Mất kết nối với {0}: quyền của ứng dụng đã bị gỡ.",
            [Cause.RoleLost] = "Mất kết nối với {0}: tài khoản không còn đủ quyền trên trang.",
            [Cause.TokenExpired] = "Mất kết nối với {0}: quyền đã hết hạn.",
            [Cause.PageDeleted] = "Mất kết nối với {0}: trang đã bị xóa.",
            [Cause.SignedInElsewhere] = "Mất kết nối với {0}: một tài khoản khác đã đăng nhập.",
        },
    };
}
