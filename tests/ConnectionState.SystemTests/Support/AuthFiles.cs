using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>What a server needs to authenticate its callers: a file with one key that has every scope of the samples, and a sealing key.</summary>
internal sealed class AuthFiles
{
    private static readonly string[] Scopes =
        ["pages.read", "pages.write", "connect.write", "signals.write", "plan.write", "feed.read", "fleet.read", "tokens.issue"];

    private readonly string keys;
    private readonly string sealingKey;

    public AuthFiles(TemporaryFolder folder)
    {
        (keys, sealingKey) = (folder.File("keys.json"), folder.File("sealing.key"));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));
        File.WriteAllText(keys, JsonSerializer.Serialize(new { keys = new[] { new { id = "test", sha256, scopes = Scopes } } }));
        File.WriteAllText(sealingKey, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        Key = $"cs_test_{secret}";
    }

    /// <summary>The key, as a caller sends it.</summary>
    public string Key { get; }

    /// <summary>The arguments of the server.</summary>
    public string[] Arguments => ["--Auth:Mode=Keys", $"--Auth:KeysFile={keys}", $"--Auth:MerchantTokens:SealingKeyFile={sealingKey}"];

    public ConnectionStateClient NewClient(ServerProcess server) =>
        new(new() { Address = server.Grpc, ApiKey = Key, Deadline = Eventually.Patience });

    public static async Task<string> IssueAsync(ConnectionStateClient client, string merchantId) => (await client.Tokens.IssueMerchantTokenAsync(
        new() { MerchantId = merchantId, Actor = "Lan in the shop", Preset = TokenPreset.Screen })).Token;
}
