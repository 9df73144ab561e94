// Each of these tests has the machine to itself: they start processes, and some count on being served within a second.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
