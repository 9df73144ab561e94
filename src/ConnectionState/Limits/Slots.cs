namespace ConnectionStateService.Limits;

/// <summary>
/// Spreads merchants and callers over a fixed number of slots, each with a limit of its own: callers that make up names cannot use up memory. Two names
/// share a slot, and so a limit, with a probability of 1 in 16,384. Nobody can choose with whom: hash codes differ from process to process.
/// </summary>
internal static class Slots
{
    public const int Count = 1 << 14;

    public static int Of(int hash) => hash & (Count - 1);

    public static int Of(string name) => Of(name.GetHashCode(StringComparison.Ordinal));
}
