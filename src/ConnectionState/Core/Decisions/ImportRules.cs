namespace ConnectionStateService.Core.Decisions;

/// <summary>Takes over a merchant from another store.</summary>
internal static class ImportRules
{
    /// <summary>Replaces what is stored of the merchant, if it is at the expected revision. Otherwise it changes nothing.</summary>
    public static Fault? Import(DecisionBuilder decision, Command.Import command)
    {
        if (decision.Record.Revision == command.IfRevision)
        {
            decision.Replace(command.Merchant, new Change.Imported(command.Source));
        }

        return RecordSize.OfCandidates(decision.Record) is var size && size > RecordSize.MaxCandidates
            ? new Fault.RecordTooLarge(MerchantParts.Candidates, size, RecordSize.MaxCandidates)
            : null;
    }
}
