using System.Collections.Frozen;

namespace ConnectionStateService.Telemetry;

/// <summary>The names of enum values as the protos spell them, such as <c>PERMISSION_REVOKED</c>. Each is built once.</summary>
internal static class WireNames
{
    public static string Of<T>(T value) where T : struct, Enum => Names<T>.All.TryGetValue(value, out var name) ? name : "_OTHER";

    private static string Build(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static class Names<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> All = Enum.GetValues<T>().Distinct().ToFrozenDictionary(value => value, value => Build($"{value}"));
    }
}
