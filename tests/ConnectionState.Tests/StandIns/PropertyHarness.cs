using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace ConnectionState.Tests.StandIns;

/// <summary>Runs one property as the test runner would, so that a test can see it fail.</summary>
internal static class PropertyHarness
{
    public static async Task<(RunSummary Summary, string Message)> RunAsync(Type type, string method)
    {
        var sink = new NullMessageSink();
        using var bus = new Recorder();
        using var cancellation = new CancellationTokenSource();
        var assembly = new TestAssembly(Reflector.Wrap(type.Assembly));
        var collection = new TestCollection(assembly, null, "properties");
        var info = Reflector.Wrap(type.GetMethod(method)!);
        var testMethod = new TestMethod(new TestClass(collection, Reflector.Wrap(type)), info);
        var attribute = info.GetCustomAttributes(typeof(Xunit.FactAttribute)).Single();
        var discoverer = ExtensibilityPointFactory.GetXunitTestCaseDiscoverer(sink, DiscovererOf(attribute));

        var testCase = discoverer.Discover(new Defaults(), testMethod, attribute).Single();
        var summary = await testCase.RunAsync(sink, bus, [], new ExceptionAggregator(), cancellation);
        return (summary, bus.Message);
    }

    private static Type DiscovererOf(IAttributeInfo attribute)
    {
        var names = attribute.GetCustomAttributes(typeof(XunitTestCaseDiscovererAttribute)).Single().GetConstructorArguments();
        var (type, assembly) = ((string)names.First(), (string)names.Last());
        return Assembly.Load(new AssemblyName(assembly)).GetType(type, throwOnError: true)!;
    }

    private sealed class Defaults : ITestFrameworkDiscoveryOptions
    {
        public TValue GetValue<TValue>(string name) => default!;

        public void SetValue<TValue>(string name, TValue value)
        {
        }
    }

    private sealed class Recorder : IMessageBus
    {
        public string Message { get; private set; } = "";

        public bool QueueMessage(IMessageSinkMessage message)
        {
            Message += message is ITestFailed failed ? string.Join('\n', failed.Messages) : "";
            Message += message is ITestPassed passed ? passed.Output : "";
            return true;
        }

        public void Dispose()
        {
        }
    }
}
