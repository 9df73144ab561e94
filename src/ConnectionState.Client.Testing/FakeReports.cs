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
        if (request.HasGrantId && request.GrantId != connection.GrantId)
        {
            return new() { Connection = connection, Result = Result.Stale };
        }

        var renewed = service.RenewPage(request.MerchantId, request.Page);
        return new() { Connection = renewed, Result = Result.Applied, GrantId = renewed.GrantId };
    }

    public ReconnectResponse Answer(ReconnectRequest request)
    {
        var page = new PageRef { Provider = request.Provider, PageId = request.Page.PageId };
        service.FindConnection(request.MerchantId, page);
        var connection = service.ReconnectPage(request.MerchantId, page);
        return new() { Connection = connection, PageList = service.GetPageList(request.MerchantId), GrantId = connection.GrantId };
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
