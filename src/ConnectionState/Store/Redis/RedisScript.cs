using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>A Lua script. Calls name it by its digest; a server that does not have it gets its text.</summary>
/// <remarks>Calls that find a server without it are sent a second time, and may then be carried out in another order.</remarks>
internal sealed class RedisScript(string text)
{
    // The client would find the digest by the text, whose hash code it computes for each call: 3 µs for that of a commit.
    private readonly byte[] digest = DigestOf(text);

    public string Text => text;

    /// <summary>Runs the script on the primary of its keys.</summary>
    public async Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(digest, keys, values, CommandFlags.DemandMaster);
        }
        catch (RedisServerException e) when (e.Kind is RedisErrorKind.NoScript)
        {
            return await database.ScriptEvaluateAsync(text, keys, values, CommandFlags.DemandMaster);
        }
    }

    [SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by their SHA-1.")]
    private static byte[] DigestOf(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));
}
