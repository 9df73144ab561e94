using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectionStateService.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Callers that are named by a client certificate. TLS itself is tested with Kestrel.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private readonly AuthService auth = new();

    public ClientCertificateTests() => auth.Settings["Auth:Mode"] = "Certificates";

    public async Task InitializeAsync()
    {
        await auth.InitializeAsync();
        await File.WriteAllTextAsync(
            auth.KeysFile,
            """{ "certificates": [{ "name": "sender.example", "caller": "sender", "scopes": ["signals.write"] }, { "name": "spiffe://example/billing", "scopes": ["plan.write"] }] }""");
        Source.Reread();
    }

    public Task DisposeAsync() => auth.DisposeAsync();

    private KeyRingSource Source => auth.Service.Services.GetRequiredService<KeyRingSource>();

    [Fact]
    public async Task A_DNS_name_or_URI_of_the_certificate_names_the_caller()
    {
        using var byName = Create(names => names.AddDnsName("sender.example"));
        using var byUri = Create(names =>
        {
            names.AddEmailAddress("a@b.example");
            names.AddUri(new("spiffe://example/billing"));
        });

        Assert.Equal("sender", (await AuthenticateAsync(byName)).Caller!.Name);
        var billing = (await AuthenticateAsync(byUri)).Caller!;
        Assert.Equal(("spiffe://example/billing", true, false), (billing.Name, billing.Has(Scopes.PlanWrite), billing.Has(Scopes.SignalsWrite)));
    }

    [Fact]
    public async Task Another_name_and_a_name_in_the_subject_alone_name_nobody()
    {
        using var other = Create(names => names.AddDnsName("other.example"));
        using var subject = Create(_ => { });

        Assert.IsType<AuthFault.TokenMissing>((await AuthenticateAsync(other)).Fault);
        Assert.IsType<AuthFault.TokenMissing>((await AuthenticateAsync(subject)).Fault);
        Assert.IsType<AuthFault.TokenMissing>((await AuthenticateAsync(null)).Fault);
    }

    [Fact]
    public async Task A_certificate_ends_with_its_expiry_and_when_its_name_is_removed_from_the_file()
    {
        using var certificate = Create(names => names.AddDnsName("sender.example"));
        var before = await AuthenticateAsync(certificate);
        Assert.Same(before.Caller, (await AuthenticateAsync(certificate)).Caller);

        await File.WriteAllTextAsync(auth.KeysFile, """{ "certificates": [] }""");
        Source.Reread();
        Assert.True(before.Caller!.IsRevoked);
        Assert.IsType<AuthFault.TokenMissing>((await AuthenticateAsync(certificate)).Fault);

        await File.WriteAllTextAsync(auth.KeysFile, """{ "certificates": [{ "name": "sender.example", "scopes": ["signals.write"] }] }""");
        Source.Reread();
        Assert.NotNull((await AuthenticateAsync(certificate)).Caller);
        auth.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(31));
        Assert.IsType<AuthFault.TokenExpired>((await AuthenticateAsync(certificate)).Fault);
    }

    [Fact]
    public async Task A_certificate_that_never_expires_is_accepted()
    {
        using var certificate = Create(names => names.AddDnsName("sender.example"), new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero));

        var caller = (await AuthenticateAsync(certificate)).Caller!;

        using var stream = auth.Service.Services.GetRequiredService<AuthorizedStreams>().Begin(caller, () => { });
        Assert.Null(stream.Fault);
    }

    private X509Certificate2 Create(Action<SubjectAlternativeNameBuilder> addNames, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=sender.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        addNames(names);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(auth.Clock.GetUtcNow().AddDays(-1), notAfter ?? auth.Clock.GetUtcNow().AddDays(1));
    }

    private async Task<AuthResult> AuthenticateAsync(X509Certificate2? certificate)
    {
        var context = new DefaultHttpContext { RequestServices = auth.Service.Services };
        context.Connection.ClientCertificate = certificate;
        return await auth.Service.Services.GetRequiredService<Authenticator>().AuthenticateAsync(context);
    }
}
