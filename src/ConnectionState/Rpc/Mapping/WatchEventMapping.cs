using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps watch events to messages of the stream.</summary>
internal static class WatchEventMapping
{
    /// <summary>Returns the message of an event, encoded once for all streams that get the event.</summary>
    public static Encoded<WatchPageListResponse> ToMessage(this WatchEvent watchEvent, string merchantId, Rules rules) =>
        watchEvent.Derive((watchEvent, merchantId, rules), static from => from.watchEvent.ToProto(from.merchantId, from.rules).ToEncoded());

    /// <summary>Returns the message of an event without its page list, which only the first checkpoint of a stream has.</summary>
    public static Encoded<WatchPageListResponse> ToMessageWithoutList(this WatchEvent.Checkpoint checkpoint, string merchantId, Rules rules) =>
        (checkpoint with { Merchant = null }).ToProto(merchantId, rules).ToEncoded();

    private static WatchPageListResponse ToProto(this WatchEvent watchEvent, string merchantId, Rules rules)
    {
        var message = watchEvent switch
        {
            WatchEvent.Snapshot e => new WatchPageListResponse
            {
                Snapshot = new() { PageList = e.Merchant.Record.ToPageList(rules), Reason = (V1.SnapshotReason)e.Reason },
            },
            WatchEvent.Changes e => new()
            {
                Changes = new() { Changes_ = { e.Commits.SelectMany(ChangeMapping.ToProto) }, PageList = e.Merchant.Record.ToPageList(rules) },
            },
            WatchEvent.Checkpoint e => new()
            {
                Checkpoint = new() { Revision = e.Position.Revision, PageList = e.Merchant?.Record.ToPageList(rules) },
            },
            _ => throw new UnreachableException(),
        };
        message.ResumeToken = ResumeToken.Encode(merchantId, watchEvent.Position);
        return message;
    }
}
