using ConnectionStateService.Auth;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Validates every request before the method runs, checks the merchants that it names, counts it against the limits, and turns outages, shutdown and bugs
/// into a status. One interceptor for all: each further one would allocate for every call.
/// </summary>
internal sealed partial class CallInterceptor(
    Instruments instruments, TraceSampling sampling, CallLimits limits, IHostApplicationLifetime lifetime, ILogger<CallInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var call = CallMeasurement.Begin(instruments, sampling, context);
        var admission = default(Admission);
        try
        {
            Check((IMessage)request, context, call.Kind, ref admission);
            var response = await continuation(request, context);
            call.Succeed();
            return response;
        }
        catch (RpcException e)
        {
            call.Fail(e, context);
            throw;
        }
        catch (Exception e)
        {
            var error = ToRpcException(e, context);
            call.Fail(error, context);
            throw error;
        }
        finally
        {
            limits.End(admission);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var call = CallMeasurement.Begin(instruments, sampling, context);
        var admission = default(Admission);
        try
        {
            Check((IMessage)request, context, call.Kind, ref admission);
            await continuation(request, responseStream, context);
            call.Succeed();
        }
        catch (RpcException e)
        {
            call.Fail(e, context);
            throw;
        }
        catch (Exception e)
        {
            var error = ToRpcException(e, context);
            call.Fail(error, context);
            throw error;
        }
        finally
        {
            limits.End(admission);
        }
    }

    private void Check(IMessage request, ServerCallContext context, CallKind kind, ref Admission admission)
    {
        var caller = Caller.Of(context.GetHttpContext());
        ThrowIf(limits.Begin(caller, kind, ref admission));
        if (RequestValidator.Validate(request) is { Length: > 0 } violations)
        {
            throw RpcErrors.InvalidRequest(violations);
        }

        Authorize(request, caller);
        ThrowIf(limits.Continue(RequestFields.Of(request).GetMerchant(request), ref admission));
    }

    private static void ThrowIf(LimitFault? fault)
    {
        if (fault is not null)
        {
            throw RpcErrors.ToException(fault);
        }
    }

    private void Authorize(IMessage request, Caller caller)
    {
        if (caller.IsLimitedToMerchants && !RequestFields.Of(request).AllMerchants(request, caller.MayActFor))
        {
            var fault = new AuthFault.MerchantNotAllowed();
            instruments.CountAuthenticationFailure(RpcErrors.ToWireName(RpcErrors.ReasonOf(fault)));
            throw RpcErrors.ToException(fault);
        }

        if (caller.IsNamed && RequestFields.Of(request) is var fields && (!caller.Has(Scopes.ActAs) || fields.GetActor(request).Length == 0))
        {
            fields.SetActor(request, caller.Name);
        }
    }

    private RpcException ToRpcException(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            case StoreUnavailableException e:
                Log.StoreUnavailable(logger, context.Method, e);
                return RpcErrors.ToException(e);
            case RecordUnreadableException e:
                instruments.UnreadableRecords.Add(1);
                Log.RecordUnreadable(logger, context.Method, e);
                return RpcErrors.ToException(e);
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled. It may or may not have been carried out."));
            case OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested:
                return RpcErrors.ServerStopping();
            default:
                Log.InternalError(logger, context.Method, exception);
                return new RpcException(new Status(StatusCode.Internal, "Internal error; see the server log."));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "{Method} failed: the store does not answer.")]
        public static partial void StoreUnavailable(ILogger logger, string method, Exception exception);

        [LoggerMessage(2002, LogLevel.Error, "{Method} failed: a record cannot be read.")]
        public static partial void RecordUnreadable(ILogger logger, string method, Exception exception);

        [LoggerMessage(2003, LogLevel.Error, "{Method} failed: internal error.")]
        public static partial void InternalError(ILogger logger, string method, Exception exception);
    }
}
