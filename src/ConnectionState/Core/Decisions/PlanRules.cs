namespace ConnectionStateService.Core.Decisions;

/// <summary>Sets the plan (R9 to R11).</summary>
internal static class PlanRules
{
    public static Fault? SetPlan(DecisionBuilder decision, Command.SetPlan command)
    {
        var record = decision.Record;
        if (record.Plan == command.Plan && record.BoughtPages == command.BoughtPages)
        {
            return null;
        }

        var changed = record with { Plan = command.Plan, BoughtPages = command.BoughtPages };
        var limit = Quota.Of(changed, decision.Rules).Limit;
        decision.Put(changed, new Change.PlanChanged(command.Plan, command.BoughtPages, limit));
        return null;
    }
}
