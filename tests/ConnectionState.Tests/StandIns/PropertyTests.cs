using System.Text.RegularExpressions;
using FsCheck.Xunit;
using Xunit.Abstractions;

namespace ConnectionState.Tests.StandIns;

/// <summary>What the tests rely on in FsCheck.Xunit, whoever provides it: above all that a property that is false fails.</summary>
public class PropertyTests
{
    [Theory]
    [InlineData(nameof(Samples.False_as_bool))]
    [InlineData(nameof(Samples.False_as_assertion))]
    [InlineData(nameof(Samples.False_as_property))]
    [InlineData(nameof(Samples.False_as_task))]
    [InlineData(nameof(Samples.False_as_task_of_bool))]
    [InlineData(nameof(Samples.Always_rejected))]
    public async Task What_is_false_fails(string sample)
    {
        var (summary, message) = await PropertyHarness.RunAsync(typeof(Samples), sample);

        Assert.Equal(1, summary.Total);
        Assert.Equal(1, summary.Failed);
        Assert.NotEmpty(message);
    }

    [Theory]
    [InlineData(nameof(Samples.True_as_bool))]
    [InlineData(nameof(Samples.True_as_assertion))]
    [InlineData(nameof(Samples.True_as_property))]
    [InlineData(nameof(Samples.True_as_task))]
    [InlineData(nameof(Samples.True_as_task_of_bool))]
    public async Task What_is_true_passes(string sample)
    {
        var (summary, message) = await PropertyHarness.RunAsync(typeof(Samples), sample);

        Assert.Equal((1, 0), (summary.Total, summary.Failed));
        Assert.Contains("100 tests", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_shows_the_smallest_counter_example_and_the_seed()
    {
        var (_, message) = await PropertyHarness.RunAsync(typeof(Samples), nameof(Samples.False_as_bool));

        Assert.Matches(@"(Original|Shrunk):\s+10\b", message);
        Assert.Matches(@"seed of \(\d+,\d+\)", message);
    }

    [Fact]
    public async Task A_seed_repeats_the_run()
    {
        var first = await PropertyHarness.RunAsync(typeof(Samples), nameof(Samples.False_from_a_seed));
        var second = await PropertyHarness.RunAsync(typeof(Samples), nameof(Samples.False_from_a_seed));

        var original = Regex.Match(first.Message, @"Original:\s+(-?\d+)").Value;
        Assert.NotEmpty(original);
        Assert.Contains(original, second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_many_cases_run_as_were_asked_for()
    {
        Samples.Cases = 0;

        await PropertyHarness.RunAsync(typeof(Samples), nameof(Samples.Counted));

        Assert.Equal(250, Samples.Cases);
    }

    [Fact]
    public async Task Sizes_and_generators_of_the_class_are_taken_and_the_method_may_say_otherwise()
    {
        var ofTheClass = await PropertyHarness.RunAsync(typeof(Samples.Seven), nameof(Samples.Seven.Is_seven));
        var ofTheMethod = await PropertyHarness.RunAsync(typeof(Samples.Seven), nameof(Samples.Seven.Is_eight));

        Assert.Equal(0, ofTheClass.Summary.Failed);
        Assert.Contains("33 tests", ofTheClass.Message, StringComparison.Ordinal);
        Assert.Equal(0, ofTheMethod.Summary.Failed);
        Assert.Contains("44 tests", ofTheMethod.Message, StringComparison.Ordinal);
    }
}

/// <summary>An instance that was made with xunit's output serves its properties.</summary>
public class PropertyOnAnInstanceTests(ITestOutputHelper output)
{
    [Property(MaxTest = 20)]
    public void The_output_can_be_written_to(int number) => output.WriteLine(number.ToString(provider: null));

    [Property(MaxTest = 20)]
    public async Task<bool> An_asynchronous_property_is_awaited(byte number)
    {
        await Task.Yield();
        return number + 1 > number;
    }
}
