using ConnectionStateService.V1;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;

namespace ConnectionStateService.Client.Testing;

/// <summary>The default answers to reports. They compare grant ids, and nothing else.</summary>
internal sealed class FakeReports(FakeConnectionState service)
{
    public ReportSuccessResponse Answer(ReportSuccessRequest request) =>
        new() { Outcomes = { request.Successes.Select(Answer) } };

    public RenewGrantResponse Answer(RenewGrantRequest request)
    {
        var connection = service.FindConnection(request.MerchantId, request.Page);
        return request.HasGrantId && request.GrantId != connection.GrantId
            ? new() { Connection = connection, Result = Result.Stale }
            : new() { Connection = service.RenewPage(request.MerchantId, request.Page), Result = Result.Applied };
    }

    public ReconnectResponse Answer(ReconnectRequest request)
    {
        var page = new PageRef { Provider = request.Provider, PageId = request.Page.PageId };
        service.FindConnection(request.MerchantId, page);
        return new()
        {
            Connection = service.ReconnectPage(request.MerchantId, page),
            PageList = service.GetPageList(request.MerchantId),
        };
    }

    private SignalOutcome Answer(ReportSuccessRequest.Types.Success success)
    {
        var connection = service.GetPageList(success.MerchantId).Find(success.Page);
        return new SignalOutcome { MerchantId = success.MerchantId } switch
        {
            var outcome when connection is null =>
                new(outcome) { Result = Result.Failed, Reason = ErrorReason.ConnectionNotFound },
            var outcome when success.HasGrantId && success.GrantId != connection.GrantId =>
                new(outcome) { Result = Result.Stale, Connection = connection },
            var outcome when connection.IsSuspect() =>
                new(outcome) { Result = Result.Applied, Connection = service.ClearSuspicion(success.MerchantId, success.Page) },
            var outcome => new(outcome) { Result = Result.Unchanged, Connection = connection },
        };
    }
}
