// One at a time: they start processes, and some many of them. ./test.sh runs two or three parts of them at the same time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
