using ConnectionStateService.Auth;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Telemetry;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Validates every request before the method runs, checks the merchants that it names, counts it against the limits, and turns outages, shutdown and bugs
/// into a status. One interceptor for all: each further one would allocate for every call.
/// </summary>
internal sealed class CallInterceptor(Instruments instruments, TraceSampling sampling, CallLimits limits, CallFailures failures) : Interceptor
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
        catch (Exception e)
        {
            throw Fail(e, call, context);
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
            await continuation(request, new ResponseWriter<TResponse>(responseStream, context), context);
            call.Succeed();
        }
        catch (Exception e)
        {
            throw Fail(e, call, context);
        }
        finally
        {
            limits.End(admission);
        }
    }

    // The method checks the merchants, because one that the caller may not name concerns no other one.
    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var call = CallMeasurement.Begin(instruments, sampling, context);
        var admission = default(Admission);
        try
        {
            ThrowIf(limits.Begin(Caller.Of(context.GetHttpContext()), call.Kind, ref admission));
            await continuation(new ValidatedRequests<TRequest>(requestStream), new ResponseWriter<TResponse>(responseStream, context), context);
            call.Succeed();
        }
        catch (Exception e)
        {
            throw Fail(e, call, context);
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

    private RpcException Fail(Exception exception, in CallMeasurement call, ServerCallContext context)
    {
        var failure = failures.Of(exception, context);
        call.Fail(failure, context);
        return failure;
    }
}
