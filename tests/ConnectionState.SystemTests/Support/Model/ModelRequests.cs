using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ConnectSession.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>Draws random requests for the merchant of a model: mostly such as its state allows.</summary>
internal sealed class ModelRequests(MerchantModel model, Random random)
{
    /// <summary>The service treats what is observed in the future as observed now.</summary>
    public static readonly Timestamp Now = Timestamp.FromDateTimeOffset(new(2099, 12, 31, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Before everything that the service knows.</summary>
    public static readonly Timestamp Old = Timestamp.FromDateTimeOffset(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Errors of docs/provider-errors.md. HARD_BEFORE_EXPIRY: hard unless the token has a known expiry in the future.</summary>
    public static readonly (Provider Provider, int Code, int? Subcode, ProviderObject Object, Signal Signal, string Strength)[] Errors =
    [
        (Provider.Facebook, 190, 458, default, Signal.PermissionRevoked, "HARD"),
        (Provider.Facebook, 190, 460, default, Signal.TokenExpired, "HARD"),
        (Provider.Facebook, 190, 492, default, Signal.RoleLost, "HARD"),
        (Provider.Facebook, 190, 463, default, Signal.TokenExpired, "HARD_WITHOUT_EXPIRY"),
        (Provider.Facebook, 190, 467, default, Signal.TokenExpired, "SOFT"),
        (Provider.Facebook, 10, null, default, Signal.PermissionRevoked, "SOFT"),
        (Provider.Facebook, 100, 33, ProviderObject.Page, Signal.PageDeleted, "SOFT"),
        (Provider.Facebook, 100, 33, default, default, "NONE"),
        (Provider.Facebook, 10, 2018278, default, default, "NONE"),
        (Provider.Zalo, -219, null, default, Signal.PermissionRevoked, "HARD"),
        (Provider.Zalo, -204, null, default, Signal.PageDeleted, "HARD"),
        (Provider.Zalo, -216, null, default, Signal.TokenExpired, "SOFT"),
        (Provider.Zalo, -223, null, default, Signal.PermissionRevoked, "SOFT"),
        (Provider.Zalo, -32, null, default, default, "NONE"),
    ];

    private readonly PageRef[] pages =
    [
        .. Enumerable.Range(1, 3).Select(n => new PageRef { Provider = Provider.Facebook, PageId = $"{model.MerchantId}-fb{n}" }),
        .. Enumerable.Range(1, 2).Select(n => new PageRef { Provider = Provider.Zalo, PageId = $"{model.MerchantId}-oa{n}" }),
    ];

    private int requestIds;

    // Whether the request that is drawn is about a page or a session that it was meant for.
    private bool isMeant;

    private string Merchant => model.MerchantId;

    /// <summary>Returns the next request.</summary>
    public IMessage Next()
    {
        var request = Draw();
        for (var draws = 1; !isMeant && draws < 6; draws++)
        {
            request = Draw();
        }

        // Explicitly: the client would set one.
        requestIds += Chance(98) ? 1 : 0;
        Set(request, "request_id", $"r-{requestIds}");
        Set(request, "actor", $"actor-{random.Next(3)}");
        return request;
    }

    /// <summary>Returns the same request by another actor.</summary>
    public IMessage Again(IMessage request)
    {
        var again = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        Set(again, "actor", $"actor-{random.Next(3)}");
        return again;
    }

    private static void Set(IMessage request, string field, string value) =>
        request.Descriptor.FindFieldByName(field)?.Accessor.SetValue(request, value);

    private IMessage Draw()
    {
        isMeant = false;
        return random.Next(118) switch
        {
            < 12 => Begin(),
            < 27 => Submit(),
            < 42 => Choose(),
            < 56 => Grant(),
            < 60 => Reconnect(),
            < 64 => new RefuseRequest { MerchantId = Merchant, SessionId = SessionId(s => s.IsOpen) },
            < 72 => ReportSignal(),
            < 83 => ReportError(),
            < 90 => ReportSuccess(),
            < 97 => Renew(),
            < 102 => new AcknowledgeRequest { MerchantId = Merchant, Page = Page(p => p is { IsLost: true, Acknowledged: false }) },
            < 106 => new DisconnectRequest { MerchantId = Merchant, Page = Page(p => p.IsListed) },
            < 109 => SetPlan(),
            < 113 => new GetConnectSessionRequest { MerchantId = Merchant, SessionId = SessionId(_ => true) },
            < 116 => new GetConnectionRequest { MerchantId = Merchant, Page = Page(p => !p.IsListed) },
            _ => new FindConnectionsRequest { Page = Page(p => p.State is State.Connected or State.Expired or State.Revoked) },
        };
    }

    private SetPlanRequest SetPlan()
    {
        isMeant = true;
        return new() { MerchantId = Merchant, Plan = Chance(75) ? Plan.Standard : Plan.Trial, BoughtPages = random.Next(3) };
    }

    private BeginConnectRequest Begin()
    {
        var page = Page(p => p.IsListed);
        var request = new BeginConnectRequest { MerchantId = Merchant, Provider = page.Provider };
        if (Chance(40))
        {
            request.ReconnectPageId = page.PageId;
        }

        isMeant = true;
        return request;
    }

    private SubmitAccountRequest Submit()
    {
        var sessionId = SessionId(s => s.Step is Step.SignIn or Step.Permission or Step.ChoosePage);
        var provider = model.FindSession(sessionId)?.Provider ?? Provider.Facebook;
        var offered = pages.Where(p => p.Provider == provider && Chance(80)).Select(p => Candidate(p.PageId)).ToList();
        if (Chance(10) && offered.Count > 0)
        {
            offered.Add(Candidate(offered[0].PageId));
        }

        if (Chance(5))
        {
            offered.Add(Candidate("not an id"));
        }

        return new()
        {
            MerchantId = Merchant,
            SessionId = sessionId,
            Account = Account(),
            Candidates = { offered },
            Complete = Chance(25),
        };
    }

    private ChoosePageRequest Choose()
    {
        var sessionId = SessionId(s => s.Step is Step.ChoosePage);
        var session = model.FindSession(sessionId);
        var choices = session?.Candidates
            .Where(c => c.HasValidId && (Chance(10) || session.ReconnectPageId is null || session.ReconnectPageId == c.PageId)).ToList() ?? [];
        return new()
        {
            MerchantId = Merchant,
            SessionId = sessionId,
            PageId = choices.Count > 0 && Chance(92) ? choices[random.Next(choices.Count)].PageId : pages[random.Next(pages.Length)].PageId,
        };
    }

    private GrantRequest Grant() => new()
    {
        MerchantId = Merchant,
        SessionId = SessionId(s => s.Step is Step.Consent || s.IsJoined),
        MessagingConsent = Chance(92),
        ExpiresAt = Expiry(),
    };

    private ReconnectRequest Reconnect()
    {
        var page = Page(p => p.IsListed);
        return new()
        {
            MerchantId = Merchant,
            Provider = page.Provider,
            Page = Candidate(page.PageId),
            Account = Account(),
            MessagingConsent = Chance(92),
            ExpiresAt = Expiry(),
        };
    }

    private ReportSignalRequest ReportSignal()
    {
        var page = Page(p => p.State is State.Connected or State.Expired || p.State is State.Pending && Chance(50));
        var request = new ReportSignalRequest
        {
            MerchantId = Merchant,
            Page = page,
            Signal = (Signal)random.Next(1, 6),
            ObservedAt = Chance(85) ? Now : Old,
        };
        if (GrantId(page) is { } grantId)
        {
            request.GrantId = grantId;
        }

        return request;
    }

    private ReportProviderErrorRequest ReportError()
    {
        var page = Page(p => p.IsConnected);
        var suspected = model.Find(page) is { IsConnected: true, Evidence: { } reported } ? reported.Signal : default;
        var errors = Errors.Where(e => e.Provider == page.Provider).ToList();
        if (suspected != default && Chance(40))
        {
            errors = [.. errors.Where(e => e.Signal == suspected && e.Strength is "SOFT")];
        }

        var (_, code, subcode, requested, signal, strength) = errors[random.Next(errors.Count)];
        var evidence = model.Find(page) is { Soft.Count: > 0, Evidence: { } newest } suspect && newest.Signal == signal ? suspect.ObservedAt.Value : null;
        var request = new ReportProviderErrorRequest
        {
            MerchantId = Merchant,
            Page = page,
            Code = code,
            Object = requested,
            ObservedAt = strength is "SOFT" && evidence is not null && Chance(25) ? evidence : strength is "HARD" && Chance(10) ? Old : Now,
        };
        if (subcode is { } value)
        {
            request.Subcode = value;
        }

        if (GrantId(page) is { } grantId)
        {
            request.GrantId = grantId;
        }

        return request;
    }

    private ReportSuccessRequest ReportSuccess()
    {
        var page = Page(p => p.Soft.Count > 0 || p.IsLostByReport);
        var success = new ReportSuccessRequest.Types.Success { MerchantId = Merchant, Page = page, ObservedAt = Chance(85) ? Now : Old };
        if (GrantId(page) is { } grantId)
        {
            success.GrantId = grantId;
        }

        return new() { Successes = { success } };
    }

    private RenewGrantRequest Renew()
    {
        var page = Page(p => p.State is State.Connected or State.Expired or State.Revoked);
        var request = new RenewGrantRequest
        {
            MerchantId = Merchant,
            Page = page,
            ExpiresAt = Expiry(),
            IssuedAt = random.Next(10) switch { 0 => Old, < 4 => Now, _ => null },
        };
        if (GrantId(page) is { } grantId)
        {
            request.GrantId = grantId;
        }

        return request;
    }

    // The current grant of a page, another one, or none.
    private string? GrantId(PageRef page) => random.Next(10) switch
    {
        < 4 => null,
        < 8 when model.Find(page) is { IsGranted: true, GrantId.Value: { } current } => current,
        < 8 => null,
        _ => "0123456789abcdef",
    };

    private Timestamp? Expiry() => random.Next(20) switch
    {
        0 => Old,
        < 5 => Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow + TimeSpan.FromDays(3)),
        < 10 => Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow + TimeSpan.FromDays(90)),
        _ => null,
    };

    private Account Account() => new() { AccountId = $"person-{random.Next(2)}", Name = "A Person", Personal = Chance(97) };

    private Candidate Candidate(string pageId)
    {
        var candidate = new Candidate { PageId = pageId, Name = Chance(90) ? $"The page {pageId}" : $"The page {random.Next(3)}" };
        switch (random.Next(20))
        {
            case 0:
                candidate.Role = PageRole.Moderator;
                break;
            case 1:
                candidate.Tasks.Add("MANAGE");
                break;
            default:
                candidate.Role = PageRole.Editor;
                break;
        }

        return candidate;
    }

    private string SessionId(Func<ModelSession, bool> prefers)
    {
        var preferred = model.Sessions.Where(prefers).ToList();
        isMeant = preferred.Count > 0;
        return Chance(3) ? "no-such-session"
            : preferred.Count > 0 && Chance(85) ? preferred[random.Next(preferred.Count)].Id
            : model.Sessions.Count > 0 ? model.Sessions[random.Next(model.Sessions.Count)].Id
            : "no-such-session";
    }

    private PageRef Page(Func<ModelPage, bool> prefers)
    {
        var preferred = model.Pages.Where(prefers).ToList();
        isMeant = preferred.Count > 0;
        return preferred.Count > 0 && Chance(85) ? preferred[random.Next(preferred.Count)].Page : pages[random.Next(pages.Length)];
    }

    private bool Chance(int percent) => random.Next(100) < percent;
}
