using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>What streams are told as the API tells it.</summary>
internal static class WatchEventMapping
{
    public static WatchPageListResponse ToProto(this WatchEvent delivery, string merchantId, Rules rules)
    {
        var message = delivery switch
        {
            WatchEvent.Snapshot d => new WatchPageListResponse
            {
                Snapshot = new() { PageList = d.Record.ToPageList(rules), Reason = (V1.SnapshotReason)d.Reason },
            },
            WatchEvent.Changes d => new()
            {
                Changes = new() { Changes_ = { d.Commits.SelectMany(ChangeMapping.ToProto) }, PageList = d.Record.ToPageList(rules) },
            },
            WatchEvent.Checkpoint d => new() { Checkpoint = new() { Revision = d.Position.Revision, PageList = d.Record?.ToPageList(rules) } },
            _ => throw new UnreachableException(),
        };
        message.ResumeToken = ResumeToken.Encode(merchantId, delivery.Position);
        return message;
    }
}
