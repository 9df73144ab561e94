using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps evidence and suspicions to the storage format and back.</summary>
internal static class EvidenceMapping
{
    public static StoredEvidence ToStored(Evidence evidence, StringTableWriter strings)
    {
        var stored = new StoredEvidence
        {
            ObservedAt = evidence.ObservedAt.UtcTicks,
            ReportedBy = strings.Add(evidence.ReportedBy),
            Source = (int)evidence.Source,
            Signal = (int)(evidence.Signal ?? 0),
        };
        if (evidence.Code is { } code)
        {
            stored.Code = code;
        }

        if (evidence.Subcode is { } subcode)
        {
            stored.Subcode = subcode;
        }

        return stored;
    }

    public static Evidence ToCore(StoredEvidence stored, StringTableReader strings) => new(
        Known<EvidenceSource>(stored.Source),
        stored.Signal == 0 ? null : Known<Signal>(stored.Signal),
        stored.HasCode ? stored.Code : null,
        stored.HasSubcode ? stored.Subcode : null,
        Time(stored.ObservedAt),
        strings.Get(stored.ReportedBy));

    public static StoredSuspicion ToStored(Suspicion suspicion, StringTableWriter strings) => new()
    {
        Since = suspicion.Since.UtcTicks,
        Signals =
        {
            suspicion.Signals.Select(s => new StoredSoftSignals
            {
                Signal = (int)s.Signal,
                Count = s.Count,
                FirstObservedAt = s.FirstObservedAt.UtcTicks,
                LastObservedAt = s.LastObservedAt.UtcTicks,
            }),
        },
        Evidence = ToStored(suspicion.Evidence, strings),
    };

    public static Suspicion ToCore(StoredSuspicion stored, StringTableReader strings) => new(
        Time(stored.Since),
        [
            .. stored.Signals.Select(s => new SoftSignals(
                Known<Signal>(s.Signal), s.Count, Time(s.FirstObservedAt), Time(s.LastObservedAt))),
        ],
        ToCore(stored.Evidence, strings));
}
