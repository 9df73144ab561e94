// Twice the processors of a small machine: tests of streams, tokens and time-outs wait for part of their time.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
