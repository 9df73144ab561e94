using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Runs a property within xunit's own life of a test, with an output even where its class asked for none.</summary>
internal sealed class PropertyTestRunner(
    ITest test,
    IMessageBus messageBus,
    Type testClass,
    object[] constructorArguments,
    MethodInfo testMethod,
    string skipReason,
    IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
    ExceptionAggregator aggregator,
    CancellationTokenSource cancellation)
    : XunitTestRunner(
        test, messageBus, testClass, constructorArguments, testMethod, [], skipReason, beforeAfterAttributes, aggregator, cancellation)
{
    private readonly TestOutputHelper output = new();

    protected override async Task<Tuple<decimal, string>> InvokeTestAsync(ExceptionAggregator aggregator)
    {
        // xunit leaves a factory where the constructor wants an output.
        ConstructorArguments = [.. ConstructorArguments.Select(argument => argument is Func<TestOutputHelper> ? output : argument)];
        output.Initialize(MessageBus, Test);
        var time = await InvokeTestMethodAsync(aggregator).ConfigureAwait(false);
        var written = output.Output;
        output.Uninitialize();
        return Tuple.Create(time, written);
    }

    protected override Task<decimal> InvokeTestMethodAsync(ExceptionAggregator aggregator) =>
        new Invoker(Test, MessageBus, TestClass, ConstructorArguments, TestMethod, BeforeAfterAttributes,
            aggregator, CancellationTokenSource, output).RunAsync();

    private sealed class Invoker(
        ITest test,
        IMessageBus messageBus,
        Type testClass,
        object[] constructorArguments,
        MethodInfo testMethod,
        IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
        ExceptionAggregator aggregator,
        CancellationTokenSource cancellation,
        TestOutputHelper output)
        : XunitTestInvoker(
            test, messageBus, testClass, constructorArguments, testMethod, Placeholders(testMethod), beforeAfterAttributes,
            aggregator, cancellation)
    {
        // On the thread pool: FsCheck waits for tasks by blocking, which xunit's own few threads cannot afford.
        protected override object CallTestMethod(object testClassInstance) =>
            Task.Run(() => PropertyRun.Check(TestMethod, testClassInstance, output), CancellationToken.None);

        // xunit counts the arguments before it calls; FsCheck supplies them.
        private static object[] Placeholders(MethodInfo method) => new object[method.GetParameters().Length];
    }
}
