using System.Collections.Immutable;
using System.Text;
using ConnectionStateService.Auth;

namespace ConnectionStateService.Tests.Auth;

public sealed class KeyFileTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void A_file_with_keys_certificates_comments_and_merchants_is_read()
    {
        var errors = Parse(
            $$"""
            {
              // Billing.
              "keys": [{ "id": "billing-1", "caller": "billing", "sha256": "{{Hash}}", "scopes": ["plan.write", "act_as"], "merchants": ["m"] }],
              "certificates": [{ "name": "spiffe://example/sender", "scopes": ["signals.write"] }],
            }
            """,
            out var file);

        Assert.Empty(errors);
        Assert.Equal(Scopes.PlanWrite | Scopes.ActAs, KeyFile.ScopesOf(Assert.Single(file!.Keys)));
        Assert.Equal("m", Assert.Single(file.Keys[0].Merchants!.Value));
        Assert.Null(Assert.Single(file.Certificates).Merchants);
    }

    [Fact]
    public void All_errors_are_found_at_once_and_none_shows_a_hash()
    {
        var errors = Parse(
            $$"""
            {
              "keys": [
                { "id": "a_b", "sha256": "{{Hash}}", "scopes": ["pages.read"] },
                { "id": "c", "sha256": "{{Hash}}0", "scopes": ["pages.reed"] },
                { "id": "c", "sha256": "{{Hash}}" },
                { "id": "d", "caller": "", "scopes": [] },
                { "id": "e", "caller": "a\nb", "sha256": "{{Hash}}", "scopes": ["probes"] }
              ],
              "certificates": [{ "name": "", "scopes": ["probes"] }]
            }
            """,
            out var file);

        Assert.Null(file);
        Assert.Collection(
            errors,
            error => Assert.Equal("the id of key 1 must be 1 to 64 of A-Z a-z 0-9 . -", error),
            error => Assert.Equal("sha256 of the key 'c' must be 64 hexadecimal digits", error),
            error => Assert.StartsWith("'pages.reed' of the key 'c' is not a scope; the scopes are pages.read, ", error, StringComparison.Ordinal),
            error => Assert.Equal("the key 'c' has no scopes", error),
            error => Assert.Equal("sha256 of the key 'd' must be 64 hexadecimal digits", error),
            error => Assert.Equal("the caller of the key 'd' must be 1 to 200 characters without control characters", error),
            error => Assert.Equal("the key 'd' has no scopes", error),
            error => Assert.Equal("the caller of the key 'e' must be 1 to 200 characters without control characters", error),
            error => Assert.Equal("a certificate has no name", error),
            error => Assert.Equal("the key 'c' is there twice", error));
        Assert.DoesNotContain(errors, error => error.Contains(Hash, StringComparison.Ordinal));
    }

    [Fact]
    public void A_certificate_names_its_caller_by_its_name_or_by_another()
    {
        var errors = Parse(
            $$"""
            { "certificates": [
              { "name": "{{new string('a', 201)}}", "scopes": ["probes"] },
              { "name": "{{new string('a', 201)}}b", "caller": "sender", "scopes": ["probes"] },
              { "name": "a\u0007.example", "scopes": ["probes"] }
            ] }
            """,
            out _);

        Assert.Collection(
            errors,
            error => Assert.StartsWith("certificate 1 has no caller, and its name cannot be one: ", error, StringComparison.Ordinal),
            error => Assert.StartsWith("certificate 3 has no caller, and its name cannot be one: ", error, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_in_place_of_an_id_is_not_shown()
    {
        const string Pasted = "cs_billing-1_2f8Ay3kQ";

        var errors = Parse($$"""{ "keys": [{ "id": "{{Pasted}}", "caller": "" }, { "id": "{{Pasted}}", "scopes": ["all"] }] }""", out _);

        Assert.Contains("sha256 of key 2 must be 64 hexadecimal digits", errors);
        Assert.DoesNotContain(errors, error => error.Contains(Pasted, StringComparison.Ordinal));
    }

    [Fact]
    public void Nulls_are_errors()
    {
        var errors = Parse(
            $$"""
            {
              "keys": [
                null,
                { "id": "a", "sha256": "{{Hash}}", "scopes": [null], "merchants": [null] }
              ],
              "certificates": [null, { "name": null, "scopes": ["probes"] }]
            }
            """,
            out var file);

        Assert.Null(file);
        Assert.Equal<string>(
            ["key 1 is null", "a scope of the key 'a' is null", "a merchant of the key 'a' is null", "certificate 1 is null", "a certificate has no name"],
            [.. errors]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"key\":[]}")]
    [InlineData("{\"keys\":[{\"id\":\"a\",\"secret\":\"s\"}]}")]
    [InlineData("{\"keys\":[{\"id\":\"a\",\"scopes\":\"pages.read\"}]}")]
    public void Another_document_is_refused_with_its_place(string content) =>
        Assert.StartsWith("it is not the expected JSON (line 1", Assert.Single(Parse(content, out _)), StringComparison.Ordinal);

    [Fact]
    public void An_entry_that_did_not_change_keeps_its_caller_and_a_changed_one_is_revoked()
    {
        Parse(FileWith("pages.read", "pages.read"), out var before);
        Parse(FileWith("pages.read", "pages.write"), out var after);
        var old = new KeyRing(before!, null);
        var same = old.FindByCertificate(["a"])!;
        var changed = old.FindByCertificate(["b"])!;

        var ring = new KeyRing(after!, old);
        old.RevokeMissing(ring);

        Assert.Same(same, ring.FindByCertificate(["a"]));
        Assert.False(same.IsRevoked);
        Assert.True(changed.IsRevoked);
        Assert.True(ring.FindByCertificate(["b"])!.Has(Scopes.PagesWrite));
        Assert.Null(ring.FindByCertificate(["c"]));
    }

    private static string FileWith(string a, string b) =>
        $$"""{ "certificates": [{ "name": "a", "scopes": ["{{a}}"], "merchants": ["m"] }, { "name": "b", "scopes": ["{{b}}"] }] }""";

    private static ImmutableArray<string> Parse(string content, out KeyFile? file) => KeyFile.Parse(Encoding.UTF8.GetBytes(content), out file);
}
