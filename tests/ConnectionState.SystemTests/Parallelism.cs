// One test at a time, because they start processes. ./test.sh runs two or three parts of the project at the same time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
