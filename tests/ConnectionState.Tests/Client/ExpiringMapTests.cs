using ConnectionStateService.Client;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Client;

public sealed class ExpiringMapTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly ExpiringMap<string, int> map;

    public ExpiringMapTests() => map = new(3, TimeSpan.FromSeconds(10), clock);

    [Fact]
    public void A_value_is_forgotten_after_its_lifetime_counted_from_when_it_was_last_set()
    {
        map.Set("a", 1);
        clock.Advance(TimeSpan.FromSeconds(6));
        map.Set("a", 2);
        clock.Advance(TimeSpan.FromSeconds(6));
        map.Set("b", 3);

        Assert.True(map.TryGet("a", out var value));
        Assert.Equal(2, value);
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(map.TryGet("a", out _));
        Assert.True(map.TryGet("b", out _));
    }

    [Fact]
    public void A_full_map_forgets_the_oldest()
    {
        foreach (var key in (string[])["a", "b", "c", "d"])
        {
            map.Set(key, 0);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(map.TryGet("a", out _));
        Assert.True(map.TryGet("b", out _) && map.TryGet("d", out _));
    }

    [Fact]
    public void Memory_is_bounded_also_if_the_same_keys_are_set_and_removed()
    {
        for (var i = 0; i < 100; i++)
        {
            map.Set($"{i}", i);
            map.Set("same", i);
            map.Remove("same");
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(map.Count, 0, 3);
        Assert.False(map.TryGet("same", out _));
    }
}
