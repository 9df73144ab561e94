namespace ConnectionStateService.Core;

/// <summary>What billing decides (R9 to R11).</summary>
internal static class PlanRules
{
    public static Fault? SetPlan(Draft draft, Command.SetPlan command)
    {
        var record = draft.Record;
        if (record.Plan == command.Plan && record.BoughtPages == command.BoughtPages)
        {
            return null;
        }

        var trialEndsAt = command.Plan is not Plan.Trial ? (DateTimeOffset?)null
            : record.Plan is Plan.Trial ? record.TrialEndsAt
            : draft.Now + draft.Rules.TrialLength;
        var changed = record with { Plan = command.Plan, BoughtPages = command.BoughtPages, TrialEndsAt = trialEndsAt };
        var limit = Quota.Of(changed, draft.Rules).Limit;
        draft.Put(changed, new Change.PlanChanged(command.Plan, command.BoughtPages, limit));
        return null;
    }
}
