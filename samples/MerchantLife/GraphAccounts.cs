using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectionStateService.V1;

namespace MerchantLife;

/// <summary>The pages of a Facebook account in the shape in which the Graph API's <c>me/accounts</c> tells them.</summary>
internal sealed record GraphAccounts([property: JsonPropertyName("data")] IReadOnlyList<GraphPage> Pages)
{
    /// <summary>What a connector would have fetched with the account's token.</summary>
    public static GraphAccounts Load()
    {
        using var stream = typeof(GraphAccounts).Assembly.GetManifestResourceStream("me-accounts.json")!;
        return JsonSerializer.Deserialize<GraphAccounts>(stream)!;
    }

    /// <summary>The pages as candidates: the service decides which of them can be chosen.</summary>
    public IEnumerable<Candidate> ToCandidates() =>
        Pages.Select(page => new Candidate { PageId = page.Id, Name = page.Name, Tasks = { page.Tasks } });
}

internal sealed record GraphPage(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("tasks")] IReadOnlyList<string> Tasks);
