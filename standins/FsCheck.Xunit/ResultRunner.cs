using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace FsCheck.Xunit;

/// <summary>Keeps the result. Of each case it prints what the configuration says: with Verbose the arguments, else nothing.</summary>
internal sealed class ResultRunner(ITestOutputHelper output) : IRunner
{
    public TestResult? Result { get; private set; }

    public void OnStartFixture(Type obj0)
    {
    }

    public void OnArguments(int obj0, FSharpList<object> obj1, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> obj2) =>
        Print(obj2.Invoke(obj0).Invoke(obj1));

    public void OnShrink(FSharpList<object> obj0, FSharpFunc<FSharpList<object>, string> obj1) => Print(obj1.Invoke(obj0));

    public void OnFinished(string obj0, TestResult obj1) => Result = obj1;

    private void Print(string text)
    {
        if (text.Length > 0)
        {
            output.WriteLine(text.TrimEnd());
        }
    }
}
