using System.Diagnostics;
using ConnectionState.Core;
using ConnectionState.V1;
using ConnectionState.Watch;

namespace ConnectionState.Rpc.Mapping;

/// <summary>What streams are told as the API tells it.</summary>
internal static class Deliveries
{
    public static WatchPageListResponse ToProto(this Delivery delivery, string merchantId, Rules rules)
    {
        var message = delivery switch
        {
            Delivery.Snapshot d => new WatchPageListResponse
            {
                Snapshot = new() { PageList = d.Record.ToPageList(rules), Reason = (V1.SnapshotReason)d.Reason },
            },
            Delivery.Changes d => new()
            {
                Changes = new() { Changes_ = { d.Commits.SelectMany(History.ToProto) }, PageList = d.Record.ToPageList(rules) },
            },
            Delivery.Checkpoint d => new() { Checkpoint = new() { Revision = d.Place.Revision, PageList = d.Record?.ToPageList(rules) } },
            _ => throw new UnreachableException(),
        };
        message.ResumeToken = ResumeToken.Encode(merchantId, delivery.Place);
        return message;
    }
}
