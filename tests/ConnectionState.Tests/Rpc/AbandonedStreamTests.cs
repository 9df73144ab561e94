using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>A caller that goes away while a message is written to it: the write fails in one of several ways, and the call ends as canceled.</summary>
public sealed class AbandonedStreamTests : IAsyncLifetime
{
    private readonly FakeLogCollector log = new();
    private readonly FailingWrites writes = new();
    private Service service = null!;

    public async Task InitializeAsync() => service = await Service.StartAsync(replace: services => services
        .AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log)))
        .AddSingleton(writes)
        .AddGrpc(options => options.Interceptors.Add<FailingWrites>()));

    public Task DisposeAsync() => service.DisposeAsync().AsTask();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transport_that_ended_is_canceled_also_before_the_call_says_so(bool isDuplex)
    {
        writes.Failure = new IOException("The request was aborted.");

        Assert.Equal(StatusCode.Cancelled, await ReadAsync(isDuplex));
        AssertNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_gRPC_refuses_because_the_call_is_canceled_is_canceled(bool isDuplex)
    {
        writes.Failure = new InvalidOperationException("The request is complete.");
        writes.WaitsForCancellation = true;
        using var leaving = new CancellationTokenSource();
        var reading = ReadAsync(isDuplex, leaving.Token);
        await writes.Began.Task.WaitAsync(Eventually.Patience);
        await leaving.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, await reading);
        Assert.Equal(StatusCode.Cancelled, await writes.Ended.Task.WaitAsync(Eventually.Patience));
        AssertNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_gRPC_refuses_for_another_reason_is_a_bug(bool isDuplex)
    {
        writes.Failure = new InvalidOperationException("The previous write is in progress.");

        Assert.Equal(StatusCode.Internal, await ReadAsync(isDuplex));
        Assert.Same(writes.Failure, Assert.Single(log.GetSnapshot(), entry => entry.Level >= LogLevel.Error).Exception);
    }

    // Returns the status with which the stream ends.
    private async Task<StatusCode> ReadAsync(bool isDuplex, CancellationToken cancellationToken = default)
    {
        try
        {
            if (isDuplex)
            {
                using var call = service.Client.Watches.WatchPageLists(cancellationToken: cancellationToken);
                await call.RequestStream.WriteAsync(new() { Adds = { new WatchPageListsRequest.Types.Add { MerchantId = "m" } } }, CancellationToken.None);
                await ToEndAsync(call.ResponseStream);
            }
            else
            {
                using var call = service.Client.Watches.WatchPageList(new() { MerchantId = "m" }, cancellationToken: cancellationToken);
                await ToEndAsync(call.ResponseStream);
            }

            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
        catch (OperationCanceledException)
        {
            return StatusCode.Cancelled;
        }
    }

    private static async Task ToEndAsync<T>(IAsyncStreamReader<T> responses)
    {
        while (await responses.MoveNext(CancellationToken.None))
        {
        }
    }

    private void AssertNoErrors() =>
        Assert.All(log.GetSnapshot(), entry => Assert.True(entry.Level < LogLevel.Error, $"{entry.Message} {entry.Exception}"));

    /// <summary>Fails the writes of all streams. It is registered before the service's interceptor, whose writes it therefore gets.</summary>
    private sealed class FailingWrites : Interceptor
    {
        public Exception Failure { get; set; } = new InvalidOperationException("No failure was set.");

        public bool WaitsForCancellation { get; set; }

        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<StatusCode> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
            EndAsync(continuation(request, new Writer<TResponse>(this, context), context));

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            EndAsync(continuation(requestStream, new Writer<TResponse>(this, context), context));

        private async Task EndAsync(Task call)
        {
            try
            {
                await call;
            }
            catch (RpcException e)
            {
                Ended.TrySetResult(e.StatusCode);
                throw;
            }
        }

        private sealed class Writer<T>(FailingWrites writes, ServerCallContext context) : IServerStreamWriter<T>
        {
            public WriteOptions? WriteOptions { get; set; }

            public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

            public async Task WriteAsync(T message, CancellationToken cancellationToken)
            {
                writes.Began.TrySetResult();
                if (writes.WaitsForCancellation)
                {
                    await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                throw writes.Failure;
            }
        }
    }
}
