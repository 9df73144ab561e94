using System.Buffers;
using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>
/// Builds a message of a stream of many merchants out of what is to be sent. What streams of one merchant get too is encoded once for all.
/// </summary>
internal sealed class WatchSetMessage(Rules rules)
{
    // Of a field with a number below 16.
    private const int TagSize = 1;

    private readonly ArrayBufferWriter<byte> bytes = new();

    /// <summary>The size so far.</summary>
    public int Size => bytes.WrittenCount;

    /// <summary>Returns the message, and begins another one.</summary>
    public Encoded<WatchPageListsResponse> Complete()
    {
        var message = new Encoded<WatchPageListsResponse>(bytes.WrittenSpan.ToArray());
        bytes.ResetWrittenCount();
        return message;
    }

    /// <summary>Adds an event.</summary>
    /// <param name="sent">The event.</param>
    /// <param name="toFailure">Returns the failure that the caller gets for an exception.</param>
    public void Add(WatchSetEvent sent, Func<Exception, RpcException> toFailure)
    {
        switch (sent)
        {
            case WatchSetEvent.Update { Event: WatchEvent.Checkpoint checkpoint } update:
                Add(update.MerchantId, checkpoint.ToMessageWithoutList(update.MerchantId, rules));
                break;
            case WatchSetEvent.Update update:
                Add(update.MerchantId, update.Event.ToMessage(update.MerchantId, rules));
                break;
            case WatchSetEvent.Removed removed:
                Add(new WatchPageListsResponse.Types.Update { MerchantId = removed.MerchantId, Removed = new() });
                break;
            case WatchSetEvent.Failed failed:
                Add(new WatchPageListsResponse.Types.Update { MerchantId = failed.MerchantId, Failure = ToStatus(toFailure(failed.Exception)) });
                break;
            case WatchSetEvent.Checkpoint checkpoint:
                var message = new WatchPageListsResponse { Checkpoint = new() { UnconfirmedPartitions = { checkpoint.UnconfirmedPartitions } } };
                message.WriteTo(bytes);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static Google.Rpc.Status ToStatus(RpcException failure) =>
        failure.GetRpcStatus() ?? new() { Code = (int)failure.StatusCode, Message = failure.Status.Detail };

    private void Add(WatchPageListsResponse.Types.Update update) => new WatchPageListsResponse { Updates = { update } }.WriteTo(bytes);

    // In the wire format, a repeated field is its entries in a row, and a message in it is its length and its bytes.
    private void Add(string merchantId, Encoded<WatchPageListResponse> message)
    {
        var content = message.Bytes.Length;
        var size = TagSize + CodedOutputStream.ComputeStringSize(merchantId) + TagSize + CodedOutputStream.ComputeLengthSize(content) + content;
        var header = new byte[TagSize + CodedOutputStream.ComputeLengthSize(size) + size - content];
        using (var output = new CodedOutputStream(header))
        {
            output.WriteTag(WatchPageListsResponse.UpdatesFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteLength(size);
            output.WriteTag(WatchPageListsResponse.Types.Update.MerchantIdFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteString(merchantId);
            output.WriteTag(WatchPageListsResponse.Types.Update.MessageFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteLength(content);
        }

        bytes.Write(header);
        bytes.Write(message.Bytes.Span);
    }
}
