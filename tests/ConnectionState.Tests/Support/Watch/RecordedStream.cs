using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>How a stream ended.</summary>
/// <param name="ByCaller">Whether the caller canceled it; status and reason are irrelevant then.</param>
/// <param name="Status">The status.</param>
/// <param name="Reason">The reason in the error details, or unspecified.</param>
/// <param name="At">When it ended.</param>
internal sealed record Ending(bool ByCaller, StatusCode Status, ErrorReason Reason, TimeSpan At);

/// <summary>A message and the position of the stream before it.</summary>
/// <param name="Index">Its number on the stream, from 0.</param>
/// <param name="Before">The position before it, or null if the stream had none or the previous token is invalid.</param>
/// <param name="Message">The message.</param>
internal sealed record Step(int Index, HistoryPosition? Before, ReceivedMessage Message);

/// <summary>A stream as it was received. The promises are checked on it.</summary>
/// <param name="Name">Its name in failure messages.</param>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Token">The resume token that it was opened with, or null.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="Messages">The messages, in order.</param>
/// <param name="Ending">How it ended, or null if it is open.</param>
internal sealed record RecordedStream(
    string Name, string MerchantId, string? Token, TimeSpan OpenedAt, ImmutableArray<ReceivedMessage> Messages, Ending? Ending = null)
{
    /// <summary>The position that it resumed from, or null.</summary>
    public HistoryPosition? From => PositionOf(Token, MerchantId);

    /// <summary>The messages, each with the position before it.</summary>
    public IEnumerable<Step> Steps => Messages.Select((message, i) => new Step(i, i == 0 ? From : Messages[i - 1].Position, message));

    /// <summary>Returns the position in a token, or null if there is no token or it is invalid.</summary>
    public static HistoryPosition? PositionOf(string? token, string merchantId) =>
        token is not null && ResumeToken.Decode(token, merchantId, out var position) is null ? position : null;
}
