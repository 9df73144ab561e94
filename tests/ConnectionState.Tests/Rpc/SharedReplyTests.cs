using System.Buffers;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc;
using ConnectionStateService.Rpc.Json;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SnapshotReason = ConnectionStateService.Watch.SnapshotReason;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>The response of a page list is encoded once per commit, the message of an event once per merchant.</summary>
public sealed class SharedReplyTests
{
    private const string MerchantId = "merchant-1";

    private static readonly Rules Rules = new();

    private readonly StoredMerchant merchant = new(StoreSamples.FullRecord(MerchantId) with { Revision = 3 }, 33);

    [Fact]
    public void All_reads_of_a_stored_merchant_share_the_response()
    {
        var response = merchant.ToPageListResponse(Rules);

        Assert.Same(response, merchant.ToPageListResponse(Rules));
        Assert.Equal(
            new GetPageListResponse { PageList = merchant.Record.ToPageList(Rules), CommitId = "0000000000000021" },
            GetPageListResponse.Parser.ParseFrom(Write(response)));
    }

    [Fact]
    public void A_changed_copy_of_a_merchant_has_a_response_of_its_own()
    {
        merchant.ToPageListResponse(Rules);

        var changed = (merchant with { Record = merchant.Record with { Revision = 4 } }).ToPageListResponse(Rules);

        Assert.Equal(4, GetPageListResponse.Parser.ParseFrom(Write(changed)).PageList.Revision);
    }

    [Fact]
    public void The_response_is_not_part_of_the_value_of_a_merchant()
    {
        var same = merchant with { };
        merchant.ToPageListResponse(Rules);

        Assert.Equal(same, merchant);
        Assert.Equal(same.GetHashCode(), merchant.GetHashCode());
        Assert.NotEqual(merchant with { CommitId = 34 }, merchant);
    }

    [Fact]
    public void Concurrent_first_reads_share_the_response()
    {
        var responses = new Encoded<GetPageListResponse>[16];

        Parallel.For(0, responses.Length, i => responses[i] = merchant.ToPageListResponse(Rules));

        Assert.All(responses, response => Assert.Same(responses[0], response));
    }

    [Fact]
    public void All_streams_that_get_an_event_share_its_message()
    {
        var watchEvent = new WatchEvent.Snapshot(merchant, SnapshotReason.Initial);

        Assert.Same(watchEvent.ToMessage(MerchantId, Rules), watchEvent.ToMessage(MerchantId, Rules));
    }

    [Fact]
    public void A_changed_copy_of_an_event_has_a_message_of_its_own()
    {
        var watchEvent = new WatchEvent.Snapshot(merchant, SnapshotReason.Initial);
        watchEvent.ToMessage(MerchantId, Rules);

        var changed = (watchEvent with { Reason = SnapshotReason.FellBehind }).ToMessage(MerchantId, Rules);

        Assert.Equal(V1.SnapshotReason.FellBehind, WatchPageListResponse.Parser.ParseFrom(Write(changed)).Snapshot.Reason);
    }

    [Fact]
    public void A_message_with_the_fields_of_another_one_has_the_fields_of_both()
    {
        var message = new WatchPageListResponse { Checkpoint = new() { Revision = 3 }, ResumeToken = "token" };
        var interval = Duration.FromTimeSpan(TimeSpan.FromSeconds(15));

        var both = Write(message.ToEncoded().With(new WatchPageListResponse { CheckpointInterval = interval }));

        message.CheckpointInterval = interval;
        Assert.Equal(message, WatchPageListResponse.Parser.ParseFrom(both));
    }

    [Fact]
    public async Task Page_lists_and_watch_messages_are_written_as_they_are_encoded()
    {
        await using var service = await Service.StartAsync();
        var methods = service.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => !JsonRoutes.IsJson(endpoint)).Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method).ToList();

        Assert.Single(methods.OfType<Method<GetPageListRequest, Encoded<GetPageListResponse>>>());
        Assert.Single(methods.OfType<Method<WatchPageListRequest, Encoded<WatchPageListResponse>>>());
        Assert.Empty(methods.OfType<Method<GetPageListRequest, GetPageListResponse>>());
    }

    private static ReadOnlySpan<byte> Write<T>(Encoded<T> message) where T : class
    {
        var context = new WrittenMessage();
        Encoded<T>.Marshaller.ContextualSerializer(message, context);
        Assert.Equal(context.Length, context.Buffer.WrittenCount);
        return context.Buffer.WrittenSpan;
    }

    private sealed class WrittenMessage : SerializationContext
    {
        public ArrayBufferWriter<byte> Buffer { get; } = new();

        public int Length { get; private set; }

        public override void SetPayloadLength(int payloadLength) => Length = payloadLength;

        public override IBufferWriter<byte> GetBufferWriter() => Buffer;

        public override void Complete()
        {
        }
    }
}
