using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectionStateService.V1;

namespace MerchantLife;

/// <summary>The response of the Graph API's <c>me/accounts</c>: the pages of a Facebook account.</summary>
internal sealed record GraphAccounts([property: JsonPropertyName("data")] IReadOnlyList<GraphPage> Pages)
{
    /// <summary>Reads the sample response; a connector fetches it with the account's token.</summary>
    public static GraphAccounts Load()
    {
        using var stream = typeof(GraphAccounts).Assembly.GetManifestResourceStream("me-accounts.json")!;
        return JsonSerializer.Deserialize<GraphAccounts>(stream)!;
    }

    /// <summary>The pages as candidates. The server decides which of them can be chosen.</summary>
    public IEnumerable<Candidate> ToCandidates() =>
        Pages.Select(page => new Candidate { PageId = page.Id, Name = page.Name, Tasks = { page.Tasks } });
}

internal sealed record GraphPage(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("tasks")] IReadOnlyList<string> Tasks);
