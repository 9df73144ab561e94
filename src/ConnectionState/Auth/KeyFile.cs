using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConnectionStateService.Auth;

/// <summary>The content of the key file: keys and certificate names, and what they allow.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Certificates">The names in client certificates.</param>
internal sealed record KeyFile(ImmutableArray<KeyFile.Key> Keys, ImmutableArray<KeyFile.Certificate> Certificates)
{
    private const int HashLength = 64;
    private const string IdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>What an entry allows.</summary>
    internal abstract record Entry(string? Caller, ImmutableArray<string> Scopes, ImmutableArray<string>? Merchants);

    /// <summary>A key.</summary>
    /// <param name="Id">The id, which is part of the key.</param>
    /// <param name="Sha256">The SHA-256 of the secret, in hexadecimal digits.</param>
    /// <param name="Caller">The name of the caller; the id if it is not set.</param>
    /// <param name="Scopes">The names of its scopes.</param>
    /// <param name="Merchants">The merchants that it may name, or null for all.</param>
    internal sealed record Key(string Id, string Sha256, string? Caller, ImmutableArray<string> Scopes, ImmutableArray<string>? Merchants = null)
        : Entry(Caller, Scopes, Merchants);

    /// <summary>A name in client certificates.</summary>
    /// <param name="Name">A DNS name or URI in the subject alternative names.</param>
    /// <param name="Caller">The name of the caller; the name in the certificate if it is not set.</param>
    /// <param name="Scopes">The names of its scopes.</param>
    /// <param name="Merchants">The merchants that it may name, or null for all.</param>
    internal sealed record Certificate(string Name, string? Caller, ImmutableArray<string> Scopes, ImmutableArray<string>? Merchants = null)
        : Entry(Caller, Scopes, Merchants);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="content">The content.</param>
    /// <param name="file">The file, or null if there are errors.</param>
    /// <returns>The errors. They contain nothing that is secret.</returns>
    public static ImmutableArray<string> Parse(ReadOnlySpan<byte> content, out KeyFile? file)
    {
        file = null;
        Document? document;
        try
        {
            document = JsonSerializer.Deserialize<Document>(content, Json);
        }
        catch (JsonException e)
        {
            return [$"it is not the expected JSON (line {e.LineNumber + 1}, {e.Path})"];
        }

        if (document is null)
        {
            return ["it is not the expected JSON (it is null)"];
        }

        var parsed = new KeyFile([.. document.Keys ?? []], [.. document.Certificates ?? []]);
        ImmutableArray<string> errors =
        [
            .. parsed.Keys.SelectMany((key, index) => FindErrors(key, index + 1)),
            .. parsed.Certificates.SelectMany((certificate, index) => FindErrors(certificate, index + 1)),
            .. FindRepeated("key", parsed.Keys.Select(key => key?.Id).Where(IsId)),
            .. FindRepeated("certificate", parsed.Certificates.Select(certificate => certificate?.Name).Where(name => !string.IsNullOrEmpty(name))),
        ];
        file = errors.IsEmpty ? parsed : null;
        return errors;
    }

    /// <summary>Returns the scopes of an entry.</summary>
    public static Scopes ScopesOf(Entry entry) => entry.Scopes.Aggregate(Auth.Scopes.None, (all, name) => all | ScopeNames.Parse(name));

    // JSON has null where the types do not. What is not an id may be a key that was pasted into the wrong place: it is named by its number.
    private static IEnumerable<string> FindErrors(Key? key, int number)
    {
        if (key is null)
        {
            yield return $"key {number} is null";
            yield break;
        }

        var which = IsId(key.Id) ? $"the key '{key.Id}'" : $"key {number}";
        if (!IsId(key.Id))
        {
            yield return $"the id of {which} must be 1 to 64 of A-Z a-z 0-9 . -";
        }

        if (key.Sha256 is not { Length: HashLength } || !key.Sha256.All(char.IsAsciiHexDigit))
        {
            yield return $"sha256 of {which} must be {HashLength} hexadecimal digits";
        }

        foreach (var error in FindErrors(key, which))
        {
            yield return error;
        }
    }

    private static IEnumerable<string> FindErrors(Certificate? certificate, int number) => certificate is null ? [$"certificate {number} is null"] :
    [
        .. string.IsNullOrEmpty(certificate.Name) ? ["a certificate has no name"]
            : certificate.Caller is null && !Auth.Caller.IsName(certificate.Name)
            ? [$"certificate {number} has no caller, and its name cannot be one: a caller has 1 to {Auth.Caller.MaxNameLength} characters without control characters"]
            : (string[])[],
        .. FindErrors(certificate, $"the certificate '{certificate.Name}'"),
    ];

    private static bool IsId(string? id) => id is { Length: > 0 and <= 64 } && id.All(c => IdCharacters.Contains(c));

    private static IEnumerable<string> FindErrors(Entry entry, string which)
    {
        if (entry.Caller is not null && !Auth.Caller.IsName(entry.Caller))
        {
            yield return $"the caller of {which} must be 1 to {Auth.Caller.MaxNameLength} characters without control characters";
        }

        if (entry.Scopes.IsDefaultOrEmpty)
        {
            yield return $"{which} has no scopes";
            yield break;
        }

        if (entry.Scopes.Any(name => name is null))
        {
            yield return $"a scope of {which} is null";
        }

        if (entry.Merchants is { IsDefault: false } merchants && merchants.Any(merchant => merchant is null))
        {
            yield return $"a merchant of {which} is null";
        }

        foreach (var unknown in entry.Scopes.Where(name => name is not null && ScopeNames.Parse(name) == Auth.Scopes.None))
        {
            yield return $"'{unknown}' of {which} is not a scope; the scopes are {string.Join(", ", ScopeNames.All)}";
        }
    }

    private static IEnumerable<string> FindRepeated(string kind, IEnumerable<string?> names) =>
        names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"the {kind} '{group.Key}' is there twice");

    private sealed record Document(IReadOnlyList<Key>? Keys, IReadOnlyList<Certificate>? Certificates);
}
