namespace ConnectionStateService.Telemetry;

/// <summary>What became of a commit.</summary>
internal enum CommitOutcome
{
    /// <summary>It is stored.</summary>
    Stored,

    /// <summary>Another commit had changed the merchant: a lost race. The command is decided again.</summary>
    Conflict,

    /// <summary>The store failed. The commit may or may not be stored.</summary>
    Failed,
}
