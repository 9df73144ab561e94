using Xunit.Abstractions;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Turns a marked method into a test case.</summary>
public class PropertyDiscoverer(IMessageSink messageSink) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        [new PropertyTestCase(messageSink, discoveryOptions.MethodDisplayOrDefault(), testMethod)];
}
