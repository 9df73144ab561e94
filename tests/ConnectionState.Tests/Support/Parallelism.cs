using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Client;
using ConnectionStateService.Tests.Core;
using ConnectionStateService.Tests.Histories;
using ConnectionStateService.Tests.Hosting.Tls;
using ConnectionStateService.Tests.Limits;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Timers;
using ConnectionStateService.Tests.Watch.Promises;

// Three times the processors of a small machine: tests of streams, tokens and time-outs wait for part of their time.
[assembly: CollectionBehavior(MaxParallelThreads = 6)]
[assembly: TestCollectionOrderer(LongestUnitTests.TypeName, LongestUnitTests.AssemblyName)]

namespace ConnectionStateService.Tests.Support;

/// <inheritdoc/>
public sealed class LongestUnitTests() : LongestFirst(
    nameof(ClaimInterleavingTests),
    nameof(FloodTests),
    nameof(RandomHistoriesTests),
    nameof(CommitProperties),
    nameof(AttemptProperties),
    nameof(TlsTests),
    nameof(TlsClientCertificateTests),
    nameof(RandomWatchTests),
    nameof(NavigationProperties),
    nameof(TokenRenewalTests),
    nameof(RealTimeTokenTests),
    nameof(FairnessTests),
    nameof(JwtAuthorityTests))
{
    internal const string TypeName = $"{nameof(ConnectionStateService)}.{nameof(Tests)}.{nameof(Support)}.{nameof(LongestUnitTests)}";
    internal const string AssemblyName = "ConnectionState.Tests";
}
