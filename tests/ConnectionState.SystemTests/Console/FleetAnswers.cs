using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Answers calls of the fleet screen with the figures of a large platform over a month, which no test makes.</summary>
internal static class FleetAnswers
{
    private const int Days = 30;
    private static readonly DateTimeOffset Today = new(2026, 11, 29, 8, 30, 0, TimeSpan.Zero);

    private static readonly (State State, Cause Cause)[] Losses =
    [
        (State.Expired, Cause.TokenExpired),
        (State.Revoked, Cause.PermissionRevoked),
        (State.Revoked, Cause.RoleLost),
        (State.Deleted, Cause.PageDeleted),
        (State.Disconnected, Cause.SignedInElsewhere),
    ];

    /// <summary>How many lost connections the list has.</summary>
    public static int ListedCount => Losses.Length + 1;

    /// <summary>Answers from now on, until the routes are removed.</summary>
    public static async Task UseAsync(IPage tab)
    {
        await AnswerAsync(tab, "CountConnections", Counts());
        await AnswerAsync(tab, "CountLosses", LossesOfDays());
        await AnswerAsync(tab, "ListConnections", Lost());
        await AnswerAsync(tab, "ListMerchants", Merchants());
    }

    private static async Task AnswerAsync(IPage tab, string method, IMessage reply)
    {
        byte[] body = [.. Frame(0, reply.ToByteArray()), .. Frame(0x80, Encoding.ASCII.GetBytes("grpc-status:0\r\n"))];
        await tab.RouteAsync(
            $"**/connectionstate.v1.FleetService/{method}", call => call.FulfillAsync(new() { ContentType = "application/grpc-web+proto", BodyBytes = body }));
    }

    // A kind, a length, and the content: gRPC-Web sends the status in a frame of its own.
    private static byte[] Frame(byte kind, byte[] content)
    {
        const int Head = 5;
        var frame = new byte[Head + content.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), content.Length);
        content.CopyTo(frame, Head);
        return frame;
    }

    private static CountConnectionsResponse Counts()
    {
        CountConnectionsResponse.Types.Count Count(Provider provider, State state, Cause cause, long count) =>
            new() { Provider = provider, State = state, Cause = cause, Count_ = count };
        return new()
        {
            Counts =
            {
                Count(Provider.Facebook, State.Connected, Cause.Unspecified, 204_331),
                Count(Provider.Zalo, State.Connected, Cause.Unspecified, 77_902),
                Count(Provider.Facebook, State.Pending, Cause.Unspecified, 412),
                Losses.SelectMany((loss, index) => new[]
                {
                    Count(Provider.Facebook, loss.State, loss.Cause, 18_000 / (index + 1)),
                    Count(Provider.Zalo, loss.State, loss.Cause, 7_000 / (index + 2)),
                }),
            },
            AsOf = Timestamp.FromDateTimeOffset(Today),
        };
    }

    // Every week a little less, without the Sundays; and one day on which a provider had an outage.
    private static CountLossesResponse LossesOfDays() => new()
    {
        Counts =
        {
            from back in Enumerable.Range(0, Days)
            let day = Today.AddDays(-back)
            where day.DayOfWeek is not DayOfWeek.Sunday
            from loss in Losses.Select((loss, index) => (loss.State, loss.Cause, Count: (back == 11 && index == 0 ? 900 : 60) + (back * 4 / (index + 1))))
            select new CountLossesResponse.Types.Count
            {
                Day = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                Provider = Provider.Facebook,
                State = loss.State,
                Cause = loss.Cause,
                Count_ = loss.Count,
            },
        },
        AsOf = Timestamp.FromDateTimeOffset(Today),
    };

    private static ListConnectionsResponse Lost()
    {
        var rows = Losses.Select((loss, index) => New($"hoa-sen-{index}", index % 2 == 0 ? Provider.Facebook : Provider.Zalo, $"10{index}", $"Hoa Sen {index}", loss, 40 >> index));
        var longest = New(new string('m', 64), Provider.Zalo, new string('9', 64), string.Concat(Enumerable.Repeat("Tràhoasen", 20)), Losses[2], 400);
        return new() { Connections = { longest, rows }, NextPageToken = "next", Unreadable = 2 };
    }

    private static MerchantConnection New(string merchantId, Provider provider, string pageId, string name, (State State, Cause Cause) loss, int days) => new()
    {
        MerchantId = merchantId,
        Revision = 7,
        Connection = new()
        {
            Page = new() { Provider = provider, PageId = pageId },
            PageName = name,
            State = loss.State,
            Cause = loss.Cause,
            StateSince = Timestamp.FromDateTimeOffset(Today.AddDays(-days)),
        },
    };

    private static ListMerchantsResponse Merchants() => new()
    {
        Merchants =
        {
            new ListMerchantsResponse.Types.Merchant { MerchantId = "hoa-sen-1", PageList = new() { Connections = { Lost().Connections.Select(row => row.Connection) } } },
            new ListMerchantsResponse.Types.Merchant { MerchantId = new string('m', 64) },
        },
    };
}
