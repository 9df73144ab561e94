// The tools under test start processes: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
