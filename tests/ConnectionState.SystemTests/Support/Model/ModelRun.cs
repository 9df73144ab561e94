using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;
using Source = ConnectionStateService.V1.Evidence.Types.Source;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>Sends random requests of one merchant through several servers in turn, and compares every answer with the model's.</summary>
internal sealed class ModelRun(IReadOnlyList<ConnectionStateClient> clients, string merchantId, int seed)
{
    // Longer than the clocks of two servers differ, so that what is observed now is observed later than anything before.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(12);

    private readonly Random random = new(seed);
    private readonly MerchantModel model = new(merchantId);
    private readonly List<IMessage> sent = [];
    private readonly Dictionary<string, string> grants = [];
    private int rivals;

    /// <summary>How many requests of each kind were answered, by kind and answer.</summary>
    public Dictionary<string, int> Answers { get; } = [];

    private ConnectionStateClient Client => clients[sent.Count % clients.Count];

    private ConnectionStateClient Other => clients[(sent.Count + 1) % clients.Count];

    public async Task RunAsync(int calls)
    {
        var requests = new ModelRequests(model, random);
        while (sent.Count < calls)
        {
            var withId = sent.Where(r => RequestId(r).Length > 0).TakeLast(4).Where(r => !model.HasForgotten(RequestId(r))).ToList();
            var request = withId.Count > 0 && random.Next(100) < 8 ? requests.Again(withId[random.Next(withId.Count)]) : requests.Next();
            sent.Add(request);
            await SendAsync(request);
            if (random.Next(100) < 30)
            {
                await CheckListAsync(Other);
            }

            if (random.Next(100) < 2 && model.Pages.Count > 0)
            {
                await GrantToRivalAsync(model.Pages[random.Next(model.Pages.Count)].Page);
            }
        }

        await CheckListAsync(Other);
        await CheckHistoryAsync();
    }

    private Task SendAsync(IMessage request) => request switch
    {
        BeginConnectRequest r => BeginAsync(r),
        SubmitAccountRequest r => ConnectAsync(r, r.SessionId, () => model.Submit(r), async () => From(await Client.Connect.SubmitAccountAsync(r))),
        ChoosePageRequest r => ConnectAsync(r, r.SessionId, () => model.Choose(r), async () => From(await Client.Connect.ChoosePageAsync(r))),
        GrantRequest r => ConnectAsync(r, r.SessionId, () => model.Grant(r), async () => FromGrant(r, await Client.Connect.GrantAsync(r))),
        RefuseRequest r => ConnectAsync(r, r.SessionId, () => model.Refuse(r), async () => From(await Client.Connect.RefuseAsync(r))),
        ReconnectRequest r => ReconnectAsync(r),
        ReportSignalRequest r => SignalAsync(r),
        ReportProviderErrorRequest r => ErrorAsync(r),
        ReportSuccessRequest r => SuccessAsync(r),
        RenewGrantRequest r => RenewAsync(r),
        AcknowledgeRequest r => AcknowledgeAsync(r),
        DisconnectRequest r => DisconnectAsync(r),
        SetPlanRequest r => SetPlanAsync(r),
        GetConnectSessionRequest r => GetSessionAsync(r),
        GetConnectionRequest r => GetConnectionAsync(r),
        FindConnectionsRequest r => FindAsync(r),
        _ => throw new ArgumentException(request.Descriptor.Name),
    };

    private async Task BeginAsync(BeginConnectRequest request)
    {
        var (refusal, isRepeat, begun) = model.Run(request.RequestId, Meaning(request), () => model.Begin(request));
        if (isRepeat && refusal is null && !model.Sessions.Contains(begun!))
        {
            refusal = Refusal.Session(begun!.Id);
        }

        if (await CallAsync(refusal, () => Client.Connect.BeginConnectAsync(request).ResponseAsync) is { } answer)
        {
            if (begun!.Id.Length == 0)
            {
                begun.Id = answer.Session.SessionId;
            }

            model.Learn(answer.PageList);
            Compare(model.ToSession(begun), answer.Session);
            Compare(model.ToPageList(), answer.PageList);
        }
    }

    private async Task ConnectAsync(IMessage request, string sessionId, Func<Refusal?> apply, Func<Task<ConnectAnswer>> call)
    {
        if (request is SubmitAccountRequest { Complete: true })
        {
            await Task.Delay(Pause);
        }

        var (refusal, _, _) = model.Run(RequestId(request), Meaning(request), apply);
        if (await CallAsync(refusal, call) is { } answer)
        {
            model.Learn(answer.PageList);
            var session = model.FindSession(sessionId);
            if (request is not SubmitAccountRequest)
            {
                if (answer.Connection is not null)
                {
                    model.Learn(answer.Connection);
                }

                Compare(session?.Page is { } page ? model.Find(page)?.ToProto() : null, answer.Connection);
            }

            Compare(session is null ? null : model.ToSession(session), answer.Session);

            Compare(model.ToPageList(), answer.PageList);
        }
    }

    private async Task ReconnectAsync(ReconnectRequest request)
    {
        var (refusal, isRepeat, _) = model.Run(request.RequestId, Meaning(request), () => model.Reconnect(request));
        var page = new PageRef { Provider = request.Provider, PageId = request.Page.PageId };
        refusal ??= isRepeat && model.Find(page) is null ? Refusal.Connection(page) : null;
        if (await CallAsync(refusal, () => Client.Connect.ReconnectAsync(request).ResponseAsync) is { } answer)
        {
            model.Learn(answer.PageList);
            Compare(model.Find(page)!.ToProto(), answer.Connection);
            Compare(model.ToPageList(), answer.PageList);
            CheckGrant(request.RequestId, isRepeat, answer.Connection.GrantId, answer.GrantId);
        }
    }

    private async Task SignalAsync(ReportSignalRequest request)
    {
        var evidence = new Evidence { Source = Source.Signal, Signal = request.Signal, ReportedBy = request.Actor };
        var result = Result.Applied;
        var (refusal, _, _) = model.Run(request.RequestId, Meaning(request), () =>
        {
            (var fault, result) = model.Report(
                request.Page, evidence, isHard: true, request.HasGrantId ? request.GrantId : null, request.ObservedAt.Equals(ModelRequests.Old));
            return fault;
        });
        if (await CallAsync(refusal, () => Client.Signals.ReportSignalAsync(request).ResponseAsync) is { } answer)
        {
            CompareOutcome(request.Page, result, answer.Outcomes.Single());
        }
    }

    private async Task ErrorAsync(ReportProviderErrorRequest request)
    {
        await Task.Delay(Pause);
        var error = ModelRequests.Errors.Single(e => e.Provider == request.Page.Provider && e.Code == request.Code
            && e.Subcode == (request.HasSubcode ? request.Subcode : null) && e.Object == request.Object);
        var (result, refusal) = (Result.Applied, (Refusal?)null);
        if (error.Strength is not "NONE")
        {
            var evidence = new Evidence { Source = Source.ProviderError, Signal = error.Signal, ReportedBy = request.Actor, Code = request.Code };
            if (request.HasSubcode)
            {
                evidence.Subcode = request.Subcode;
            }

            var isHard = error.Strength is "HARD"
                || (error.Strength is "HARD_WITHOUT_EXPIRY" && model.Find(request.Page)?.ExpiresAt.Value is null);
            (refusal, _, _) = model.Run(request.RequestId, Meaning(request), () =>
            {
                var isOld = request.ObservedAt.Equals(ModelRequests.Old);
                (var fault, result) = model.Report(
                    request.Page,
                    evidence,
                    isHard,
                    request.HasGrantId ? request.GrantId : null,
                    isOld,
                    isSame: !isOld && !request.ObservedAt.Equals(ModelRequests.Now));
                return fault;
            });
        }

        if (await CallAsync(refusal, () => Client.Signals.ReportProviderErrorAsync(request).ResponseAsync) is { } answer)
        {
            if (error.Strength is "NONE")
            {
                Check((SignalStrength.None, Signal.Unspecified, 0), (answer.Strength, answer.Signal, answer.Outcomes.Count));
                return;
            }

            Check((error.Strength is "SOFT" ? SignalStrength.Soft : SignalStrength.Hard, error.Signal), (answer.Strength, answer.Signal));
            CompareOutcome(request.Page, result, answer.Outcomes.Single());
        }
    }

    private async Task SuccessAsync(ReportSuccessRequest request)
    {
        await Task.Delay(Pause);
        var success = request.Successes[0];
        var result = Result.Applied;
        var (refusal, _, _) = model.Run("", "", () =>
        {
            (var fault, result) = model.Succeed(
                success.Page, success.HasGrantId ? success.GrantId : null, success.ObservedAt.Equals(ModelRequests.Old), request.Actor);
            return fault;
        });
        if (model.Find(success.Page) is { IsConnected: true, IsHeldByOther: true })
        {
            model.GrantedToOther(success.Page);
        }

        var outcome = (await CallAsync(null, () => Client.Signals.ReportSuccessAsync(request).ResponseAsync))!.Outcomes.Single();
        Check((refusal?.Reason ?? ErrorReason.Unspecified, merchantId), (outcome.Reason, outcome.MerchantId));
        CompareOutcome(success.Page, result, outcome);
    }

    private async Task RenewAsync(RenewGrantRequest request)
    {
        var result = Result.Applied;
        var (refusal, isRepeat, _) = model.Run(request.RequestId, Meaning(request), () =>
        {
            (var fault, result) = model.Renew(request, ModelRequests.Old);
            return fault;
        });
        refusal ??= isRepeat && model.Find(request.Page) is null ? Refusal.Connection(request.Page) : null;
        if (await CallAsync(refusal, () => Client.Signals.RenewGrantAsync(request).ResponseAsync) is { } answer)
        {
            Check(result, answer.Result);
            CompareConnection(request.Page, answer.Connection);
            CheckGrant(request.RequestId, isRepeat, result is Result.Stale ? "" : answer.Connection.GrantId, answer.GrantId);
        }
    }

    private async Task AcknowledgeAsync(AcknowledgeRequest request)
    {
        var (refusal, isRepeat, _) = model.Run(request.RequestId, Meaning(request), () => model.Acknowledge(request.Page));
        refusal ??= isRepeat && model.Find(request.Page) is null ? Refusal.Connection(request.Page) : null;
        if (await CallAsync(refusal, () => Client.Pages.AcknowledgeAsync(request).ResponseAsync) is { } answer)
        {
            model.Learn(answer.PageList);
            CompareConnection(request.Page, answer.Connection);
            Compare(model.NextAfter(model.Find(request.Page)!), answer.Navigation);
            Compare(model.ToPageList(), answer.PageList);
        }
    }

    private async Task DisconnectAsync(DisconnectRequest request)
    {
        var (refusal, isRepeat, _) = model.Run(request.RequestId, Meaning(request), () => model.Disconnect(request.Page));
        refusal ??= isRepeat && model.Find(request.Page) is null ? Refusal.Connection(request.Page) : null;
        if (await CallAsync(refusal, () => Client.Pages.DisconnectAsync(request).ResponseAsync) is { } answer)
        {
            model.Learn(answer.PageList);
            CompareConnection(request.Page, answer.Connection);
            Compare(model.NextAfter(model.Find(request.Page)!), answer.Navigation);
            Compare(model.ToPageList(), answer.PageList);
        }
    }

    private async Task SetPlanAsync(SetPlanRequest request)
    {
        var (refusal, _, _) = model.Run(request.RequestId, Meaning(request), () => model.SetPlan(request));
        if (await CallAsync(refusal, () => Client.Plans.SetPlanAsync(request).ResponseAsync) is { } answer)
        {
            model.TrialEndsAt.Learn(answer.Quota.TrialEndsAt);
            Compare(model.ToQuota(), answer.Quota);
        }
    }

    private async Task GetSessionAsync(GetConnectSessionRequest request)
    {
        var session = model.FindSession(request.SessionId);
        var refusal = session is null ? Refusal.Session(request.SessionId) : null;
        if (await CallAsync(refusal, () => Client.Connect.GetConnectSessionAsync(request).ResponseAsync) is { } answer)
        {
            Compare(model.ToSession(session!), answer.Session);
        }
    }

    private async Task GetConnectionAsync(GetConnectionRequest request)
    {
        var refusal = model.Find(request.Page) is null ? Refusal.Connection(request.Page) : null;
        if (await CallAsync(refusal, () => Client.Pages.GetConnectionAsync(request).ResponseAsync) is { } answer)
        {
            CompareConnection(request.Page, answer.Connection);
        }
    }

    private async Task FindAsync(FindConnectionsRequest request)
    {
        var answer = await CallAsync(null, () => Client.Pages.FindConnectionsAsync(request).ResponseAsync);
        var expected = model.Find(request.Page) is { IsListed: true } page ? page.ToProto() : null;
        Compare(expected, answer!.Connections.SingleOrDefault(held => held.MerchantId == merchantId)?.Connection);
    }

    // A repeat is answered with the grant that was made the first time.
    private void CheckGrant(string requestId, bool isRepeat, string current, string answer)
    {
        Check(isRepeat ? grants[requestId] : current, answer);
        grants[requestId] = answer;
    }

    private async Task CheckListAsync(ConnectionStateClient client)
    {
        var list = (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;
        model.Learn(list);
        Compare(model.ToPageList(), list);
    }

    private async Task CheckHistoryAsync()
    {
        var history = await Client.Pages.ListChangesAsync(new() { MerchantId = merchantId, Limit = 1000 });
        var moves = history.Changes.Where(c => c.Transition is not null).Select(c => c.Transition)
            .Select(t => (t.Trigger, t.Page, t.From, t.To, t.Cause));
        Check(string.Join('\n', model.Transitions), string.Join('\n', moves));
        Check(model.Revision, history.LastRevision);
    }

    // Another merchant connects the page and keeps it.
    private async Task GrantToRivalAsync(PageRef page)
    {
        await new ApiMerchant(Client, $"{merchantId}-rival{++rivals}").ConnectAsync(page);
        model.GrantedToOther(page);
        await CheckListAsync(Other);
    }

    private void CompareOutcome(PageRef page, Result result, SignalOutcome outcome)
    {
        Check((result, merchantId), (outcome.Result, outcome.MerchantId));
        if (result is not Result.Failed)
        {
            CompareConnection(page, outcome.Connection);
        }
    }

    private void CompareConnection(PageRef page, Connection? answer)
    {
        if (answer is not null)
        {
            model.Learn(answer);
        }

        Compare(model.Find(page)?.ToProto(), answer);
    }

    // Returns the answer, or null if the call fails as expected.
    private async Task<T?> CallAsync<T>(Refusal? expected, Func<Task<T>> call) where T : class
    {
        T? answer = null;
        ConnectionStateError? error = null;
        try
        {
            answer = await call();
        }
        catch (RpcException e)
        {
            error = e.GetConnectionStateError();
        }

        var kind = $"{sent[^1].Descriptor.Name} {error?.Reason.ToString() ?? "OK"}";
        Answers[kind] = Answers.GetValueOrDefault(kind) + 1;
        Check((expected?.Reason, expected?.Status), (error?.Reason, error?.StatusCode));
        foreach (var (key, value) in expected?.Metadata ?? [])
        {
            Check((key, value), (key, error!.Metadata.GetValueOrDefault(key)));
        }

        return answer;
    }

    private void Compare(IMessage? expected, IMessage? actual) => Check(expected?.ToString(), actual?.ToString());

    private void Check<T>(T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            var last = string.Join('\n', sent.TakeLast(30).Select(r => $"{r.Descriptor.Name} {r}"));
            Assert.Fail($"Seed {seed}, call {sent.Count} of {merchantId}:\n{last}\n\nThe model expects:\n{expected}\nThe service answers:\n{actual}");
        }
    }

    private static string RequestId(IMessage request) => request.Descriptor.FindFieldByName("request_id")?.Accessor.GetValue(request) as string ?? "";

    private static string Meaning(IMessage request)
    {
        var meaning = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        meaning.Descriptor.FindFieldByName("actor").Accessor.Clear(meaning);
        return $"{meaning.Descriptor.Name} {meaning}";
    }

    private static ConnectAnswer From(SubmitAccountResponse r) => new(r.Session, null, r.PageList);

    private static ConnectAnswer From(ChoosePageResponse r) => new(r.Session, r.Connection, r.PageList);

    private ConnectAnswer FromGrant(GrantRequest request, GrantResponse r)
    {
        if (model.FindSession(request.SessionId) is { } session)
        {
            if (session is { End: ConnectSession.Types.Step.Connected, IsJoined: false, GrantId.Length: 0 })
            {
                session.GrantId = r.Connection.GrantId;
            }

            Check(session.GrantId, r.GrantId);
        }

        return new(r.Session, r.Connection, r.PageList);
    }

    private static ConnectAnswer From(RefuseResponse r) => new(r.Session, r.Connection, r.PageList);

    private sealed record ConnectAnswer(ConnectSession? Session, Connection? Connection, PageList PageList);
}
