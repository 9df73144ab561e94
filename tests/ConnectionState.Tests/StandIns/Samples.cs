using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectionState.Tests.StandIns;

// Not public, so that the test runner passes them by: half of them are meant to fail (xUnit1000).
#pragma warning disable xUnit1000
internal sealed class Samples
{
    public static int Cases { get; set; }

    [Property]
    public bool False_as_bool(int number) => number < 10;

    [Property]
    public void False_as_assertion(int number) => Assert.InRange(number, int.MinValue, 9);

    [Property]
    public Property False_as_property(int number) => (number < 10).Label("small");

    [Property]
    public async Task False_as_task(int number)
    {
        await Task.Yield();
        Assert.InRange(number, int.MinValue, 9);
    }

    [Property]
    public async Task<bool> False_as_task_of_bool(int number)
    {
        await Task.Yield();
        return number < 10;
    }

    [Property(MaxRejected = 50)]
    public Property Always_rejected(int number) => Prop.When(false, number == 0);

    [Property(Replay = "12345,67891", MaxTest = 1000, EndSize = 1000)]
    public bool False_from_a_seed(int number) => number < 10;

    [Property]
    public bool True_as_bool(int number) => number == -(-number);

    [Property]
    public void True_as_assertion(string? text) => Assert.Equal(text, text?.ToString());

    [Property]
    public Property True_as_property(int number) => (number == -(-number)).ToProperty();

    [Property]
    public Task True_as_task(int number) => Task.FromResult(number);

    [Property]
    public async Task<bool> True_as_task_of_bool(int number)
    {
        await Task.Yield();
        return number == -(-number);
    }

    [Property(MaxTest = 250)]
    public bool Counted(int number)
    {
        Cases++;
        return number == -(-number);
    }

    [Properties(MaxTest = 33, Arbitrary = [typeof(Sevens)])]
    internal sealed class Seven
    {
        [Property]
        public bool Is_seven(int number) => number == 7;

        [Property(MaxTest = 44, Arbitrary = [typeof(Eights)])]
        public bool Is_eight(int number) => number == 8;
    }

    internal static class Sevens
    {
        public static Arbitrary<int> Numbers() => Gen.Constant(7).ToArbitrary();
    }

    internal static class Eights
    {
        public static Arbitrary<int> Numbers() => Gen.Constant(8).ToArbitrary();
    }
}
#pragma warning restore xUnit1000
