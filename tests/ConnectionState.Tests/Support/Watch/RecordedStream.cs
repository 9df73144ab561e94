using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>How a stream ended.</summary>
/// <param name="ByCaller">The caller hung up; the rest says nothing then.</param>
/// <param name="Status">The status.</param>
/// <param name="Reason">The service's reason, if it gave one.</param>
/// <param name="At">When.</param>
internal sealed record Ending(bool ByCaller, StatusCode Status, ErrorReason Reason, TimeSpan At);

/// <summary>A message, with where the stream was before it.</summary>
/// <param name="Index">Its number on the stream, from 0.</param>
/// <param name="Before">Where the stream was; none: it had not begun, or what was before it cannot be read.</param>
/// <param name="Message">The message.</param>
internal sealed record Step(int Index, HistoryPosition? Before, ReceivedMessage Message);

/// <summary>A stream as it was received: what the promises are checked on.</summary>
/// <param name="Name">What to call it when something is wrong with it.</param>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Token">What it began with; none: from the present.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="Messages">What came, in order.</param>
/// <param name="Ending">How it ended; none: it is still open.</param>
internal sealed record RecordedStream(
    string Name, string MerchantId, string? Token, TimeSpan OpenedAt, ImmutableArray<ReceivedMessage> Messages, Ending? Ending = null)
{
    /// <summary>The place that it began from; none: from the present.</summary>
    public HistoryPosition? From => PositionOf(Token, MerchantId);

    /// <summary>The messages, each with where the stream was before.</summary>
    public IEnumerable<Step> Steps => Messages.Select((message, i) => new Step(i, i == 0 ? From : Messages[i - 1].Position, message));

    /// <summary>What a token says; none: there is no token, or it cannot be read.</summary>
    public static HistoryPosition? PositionOf(string? token, string merchantId) =>
        token is not null && ResumeToken.Decode(token, merchantId, out var place) is null ? place : null;
}
