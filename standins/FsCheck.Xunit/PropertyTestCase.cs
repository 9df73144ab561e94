using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>A property as xunit sees it: one test, whatever the number of cases.</summary>
public class PropertyTestCase : XunitTestCase
{
    [Obsolete("For the deserializer only.")]
    public PropertyTestCase()
    {
    }

    public PropertyTestCase(IMessageSink messageSink, TestMethodDisplay display, ITestMethod testMethod)
        : base(messageSink, display, TestMethodDisplayOptions.None, testMethod)
    {
    }

    public override Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink,
        IMessageBus messageBus,
        object[] constructorArguments,
        ExceptionAggregator aggregator,
        CancellationTokenSource cancellationTokenSource) =>
        new CaseRunner(this, constructorArguments, messageBus, aggregator, cancellationTokenSource).RunAsync();

    private sealed class CaseRunner(
        PropertyTestCase testCase,
        object[] constructorArguments,
        IMessageBus messageBus,
        ExceptionAggregator aggregator,
        CancellationTokenSource cancellation)
        : XunitTestCaseRunner(
            testCase, testCase.DisplayName, testCase.SkipReason, constructorArguments, [], messageBus, aggregator, cancellation)
    {
        protected override XunitTestRunner CreateTestRunner(
            ITest test,
            IMessageBus messageBus,
            Type testClass,
            object[] constructorArguments,
            MethodInfo testMethod,
            object[] testMethodArguments,
            string skipReason,
            IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
            ExceptionAggregator aggregator,
            CancellationTokenSource cancellationTokenSource) =>
            new PropertyTestRunner(
                test,
                messageBus,
                testClass,
                constructorArguments,
                testMethod,
                skipReason,
                beforeAfterAttributes,
                aggregator,
                cancellationTokenSource);
    }
}
